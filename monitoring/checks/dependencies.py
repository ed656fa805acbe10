"""Who suffers from whom. Pure."""

from collections.abc import Collection, Mapping


def affected(parents: Mapping[int, Collection[int]], down: Collection[int]) -> dict[int, int]:
    """For each service that depends, at any distance, on one that is down: the root of its trouble.

    `parents` maps a service to what it depends on. The root is a service that is down and depends on nothing that is down; of several,
    the one with the lowest id. Cycles do no harm.
    """
    return {service: root for service in parents if (root := _root(service, parents, down)) is not None}


def _root(service: int, parents: Mapping[int, Collection[int]], down: Collection[int]) -> int | None:
    failing = {ancestor for ancestor in _ancestors(service, parents) if ancestor in down} - {service}
    roots = [one for one in failing if not (_ancestors(one, parents) - {one}) & failing]
    return min(roots or failing, default=None)


def _ancestors(service: int, parents: Mapping[int, Collection[int]]) -> set[int]:
    found: set[int] = set()
    ahead = list(parents.get(service, ()))
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead.extend(parents.get(one, ()))
    return found
