"""From groups of places to targets: labels made, relabelled, judged as Prometheus 2.42 does (scrape/target.go). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from monitoring.checks.probes.prometheus import target_urls
from monitoring.checks.probes.prometheus.relabelling import LABEL_NAME, Rule, relabelled
from monitoring.checks.probes.prometheus.target_urls import ADDRESS, PATH, SCHEME, Params
from opsportal.http import scrub

INTERVAL, TIMEOUT = "__scrape_interval__", "__scrape_timeout__"
META = "__meta_"
MOST_TARGETS = 1_000


class Group(NamedTuple):
    """Places found together: as people wrote them, with the labels they share."""

    places: tuple[str, ...]
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One place to scrape. `labels` are what its samples get, sorted; `discovered` are those before relabelling."""

    url: str
    labels: tuple[tuple[str, str], ...]
    discovered: tuple[tuple[str, str], ...] = field(compare=False)

    @property
    def job(self) -> str:
        return dict(self.labels).get("job", "")

    @property
    def instance(self) -> str:
        return dict(self.labels).get("instance", "")


class Arranged(NamedTuple):
    """What a configuration comes to. `faults`: sentences about places that make no target."""

    targets: tuple[Target, ...]
    dropped: tuple[tuple[tuple[str, str], ...], ...]
    faults: tuple[str, ...]


def arranged(groups: Sequence[Group], defaults: Mapping[str, str], rules: Sequence[Rule]) -> Arranged:
    """The targets of all groups, each once. `defaults` are labels of every target that has not its own: job, scheme, path."""
    targets: dict[Target, None] = {}
    dropped: dict[tuple[tuple[str, str], ...], None] = {}
    faults: list[str] = []
    for group in groups:
        for text in group.places:
            try:
                found = _target(text, group, defaults, rules)
            except ValueError as error:
                faults.append(f"Target {scrub(text[:200])}: {error}")
                continue
            if isinstance(found, Target):
                targets.setdefault(found)
            else:
                dropped.setdefault(found)
    if len(targets) > MOST_TARGETS:
        faults.append(f"There are {len(targets):,} targets; only the first {MOST_TARGETS:,} are scraped")
    return Arranged(tuple(targets)[:MOST_TARGETS], tuple(dropped), tuple(faults))


def groups_of(data: Any, meta: Mapping[str, str]) -> list[Group]:
    """Groups in Prometheus's JSON format of service discovery; `meta` is added to the labels of each. Raises ValueError."""
    if not isinstance(data, list):
        raise ValueError("is not a list of groups such as [{targets: [host:port], labels: {…}}]")
    groups = []
    for number, one in enumerate(data, 1):
        places, labels = (one.get("targets"), one.get("labels") or {}) if isinstance(one, dict) else (None, {})
        if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
            raise ValueError(f"group {number} has no list of targets")
        if not isinstance(labels, dict) or not all(_is_label(name, value) for name, value in labels.items()):
            raise ValueError(f"group {number} has labels that are not texts by name")
        groups.append(Group(tuple(places), tuple(sorted((labels | dict(meta)).items()))))
    return groups


def _is_label(name: Any, value: Any) -> bool:
    return isinstance(name, str) and isinstance(value, str) and LABEL_NAME.fullmatch(name) is not None


def _target(
    text: str, group: Group, defaults: Mapping[str, str], rules: Sequence[Rule]
) -> Target | tuple[tuple[str, str], ...]:
    """The target, or its labels if the rules drop it. Raises ValueError."""
    place = target_urls.place_of(text)
    before = {name: value for name, value in (dict(defaults) | place.labels | dict(group.labels)).items() if value}
    discovered = tuple(sorted(before.items()))
    after = relabelled(before, rules)
    if after is None:
        return discovered
    scheme, address = after.get(SCHEME, ""), after.get(ADDRESS, "")
    if scheme not in target_urls.PORTS:
        raise ValueError(f"relabelling makes the scheme {scheme!r}, which is neither http nor https")
    target_urls.refuse_wrong_address(address)
    after[ADDRESS] = target_urls.with_port(address, scheme)
    after.setdefault(PATH, "/")
    labels = {name: value for name, value in after.items() if not name.startswith("__")}
    labels.setdefault("instance", after[ADDRESS])
    return Target(target_urls.url_of(after, _params(place.params, after)), tuple(sorted(labels.items())), discovered)


def _params(params: Params, labels: Mapping[str, str]) -> Params:
    """Those that relabelling has left."""
    return tuple((name, value) for name, value in params if target_urls.PARAM + name in labels)
