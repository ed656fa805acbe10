"""Which alerts keep others quiet while they fire. Alertmanager's rules exactly. Pure.

A source inhibits a target where they agree in all labels `equal` (missing on both sides agrees). An alert that matches both sides of a
rule is not inhibited by another that does, so that no alert inhibits itself. Source: Alertmanager 0.25, inhibit/inhibit.go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.incidents.matching import Matchers, matches_all

_Key = tuple[int, bool, tuple[str, ...]]  # place of the rule, matches its target side too, values of `equal`


@dataclass(frozen=True, slots=True)
class Rule:
    """While a source fires, targets that agree in `equal` are quiet."""

    id: int
    name: str
    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()

    def agreeing(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(labels.get(name, "") for name in self.equal)


def is_source(rules: Iterable[Rule], labels: Mapping[str, str]) -> bool:
    """Could an alert inhibit another by any of the rules?"""
    return any(matches_all(rule.source, labels) for rule in rules)


class Inhibitor:
    """The firing sources by rule and by the values in which a target must agree, so that a question costs a look-up a rule."""

    def __init__(self, rules: Iterable[Rule], firing: Iterable[tuple[str, Mapping[str, str]]] = ()) -> None:
        """`firing`: (identity, labels) of alerts that fire; those that are no sources are passed over."""
        self.rules = tuple(rules)
        self._sources: dict[_Key, dict[str, None]] = {}
        self._keys: dict[str, list[_Key]] = {}
        for identity, labels in firing:
            self.add(identity, labels)

    def add(self, identity: str, labels: Mapping[str, str]) -> None:
        """An alert fires. Once more for one that is there changes nothing."""
        if identity in self._keys:
            return
        for place, rule in enumerate(self.rules):
            if matches_all(rule.source, labels):
                key = (place, matches_all(rule.target, labels), rule.agreeing(labels))
                self._sources.setdefault(key, {})[identity] = None
                self._keys.setdefault(identity, []).append(key)

    def discard(self, identity: str) -> None:
        """An alert fires no longer."""
        for key in self._keys.pop(identity, ()):
            del self._sources[key][identity]
            if not self._sources[key]:
                del self._sources[key]

    def inhibited_by(self, labels: Mapping[str, str]) -> list[str]:
        """Identities of the sources that keep an alert quiet, one for each rule that does, in the order of the rules."""
        found = [self._source(place, rule, labels) for place, rule in enumerate(self.rules)]
        return list(dict.fromkeys(identity for identity in found if identity))

    def _source(self, place: int, rule: Rule, labels: Mapping[str, str]) -> str:
        if not matches_all(rule.target, labels):
            return ""
        values = rule.agreeing(labels)
        sources = self._sources.get((place, False, values))
        if not sources and not matches_all(rule.source, labels):
            sources = self._sources.get((place, True, values))
        return next(iter(sources)) if sources else ""
