"""Which alerts belong to one incident, and which of them is probably the root. Pure.

Three ties join alerts, the strongest first:

1. *Topology by labels*: an alert says in `parent` or `depends_on` (names, with commas between) what it hangs on, such as a host on its
   switch. It joins the incident that has an alert of that name (a label of NAMES has it), or another alert with the same parent; and the
   parent's alert joins those of what hangs on it.
2. *Dependency*: the services of both (label `service`) depend on one another, over any number of steps.
3. *Together*: both agree in a label that says what is at fault (settings, `telling_labels`) and started within the together window.

A tie counts while the incident is young: its latest alert joined within the correlation window.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PARENTS = ("parent", "depends_on")
NAMES = ("instance", "host", "hostname", "node", "device", "name", "service", "machine")

Parents = Mapping[str, Collection[str]]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sign:
    """An alert as far as it ties to others. `title`: in words, for reasons."""

    labels: Mapping[str, str]
    starts_at: datetime
    title: str
    names: frozenset[str] = field(init=False)  # what it is about: labels of NAMES, and a host without its port
    parents: frozenset[str] = field(init=False)  # what it says it hangs on

    def __post_init__(self) -> None:
        names = {value for name in NAMES if (value := self.labels.get(name))}
        names |= {one.rpartition(":")[0] for one in names if ":" in one and one.rpartition(":")[2].isdigit()}
        written = (text for name in PARENTS if (text := self.labels.get(name)))
        parents = {one.strip() for text in written for one in text.split(",") if one.strip()}
        object.__setattr__(self, "names", frozenset(names))
        object.__setattr__(self, "parents", frozenset(parents))

    @property
    def service(self) -> str:
        return self.labels.get("service", "")


@dataclass(frozen=True, slots=True)
class Rules:
    """How far in time ties reach, and which labels say what is at fault. `depends`: service → services it needs."""

    depends: Parents
    telling_labels: Sequence[str]
    window_s: float
    together_s: float


@dataclass(frozen=True, slots=True)
class Tie:
    """An incident that alerts belong to, and why in words."""

    incident: int
    reason: str


@dataclass(slots=True)
class _Seen:
    incident: int
    joined_at: datetime
    starts_at: datetime
    title: str


@dataclass(slots=True)
class Correlator:
    """Knows the alerts of young incidents by what could tie others to them."""

    rules: Rules
    _seen: dict[Key, dict[int, _Seen]] = field(default_factory=dict)
    _related: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, incident: int, joined_at: datetime, signs: Iterable[Sign]) -> None:
        """Alerts of an incident, that joined it at that time. Of several with the same tie the latest counts."""
        for sign in signs:
            for key in self._own_keys(sign):
                self._seen.setdefault(key, {})[incident] = _Seen(incident, joined_at, sign.starts_at, sign.title)

    def ties(self, signs: Iterable[Sign], now: datetime) -> list[Tie]:
        """The incidents that alerts belong to, each with the first reason found, the oldest incident first."""
        found: dict[int, str] = {}
        for sign in signs:
            for key, words, together in self._wanted(sign):
                for seen in self._seen.get(key, {}).values():
                    if seen.incident not in found and self._is_near(seen, sign, now, together):
                        found[seen.incident] = words.format(other=seen.title)
        return [Tie(incident, found[incident]) for incident in sorted(found)]

    def _is_near(self, seen: _Seen, sign: Sign, now: datetime, together: bool) -> bool:
        age = now - seen.joined_at
        if together:
            rules = self.rules
            is_young = age <= timedelta(seconds=max(rules.window_s, rules.together_s))
            return is_young and abs(seen.starts_at - sign.starts_at) <= timedelta(seconds=rules.together_s)
        return age <= timedelta(seconds=self.rules.window_s)

    def _own_keys(self, sign: Sign) -> list[Key]:
        keys = [("name", name) for name in sign.names] + [("parent", name) for name in sign.parents]
        keys += [("service", sign.service)] if sign.service else []
        return keys + [
            (f"label {name}", sign.labels[name]) for name in self.rules.telling_labels if sign.labels.get(name)
        ]

    def _wanted(self, sign: Sign) -> Iterable[tuple[Key, str, bool]]:
        """Where a tie may be: (key, reason, whether they must have started together)."""
        title = _plain(sign.title)
        for parent in sorted(sign.parents):
            yield ("name", parent), f"{title} hangs on {_plain(parent)}, which has “{{other}}”", False
            yield ("parent", parent), f"{title} and “{{other}}” both hang on {_plain(parent)}", False
        for name in sorted(sign.names):
            yield ("parent", name), f"“{{other}}” hangs on {_plain(name)}, which has {title}", False
        for service, words in self._around(sign.service):
            yield ("service", service), f"{_plain(words)}, and “{{other}}” fires there", False
        for name in self.rules.telling_labels:
            if value := sign.labels.get(name):
                yield (
                    (f"label {name}", value),
                    f"Started together with “{{other}}”, with the same {name} {_plain(value)}",
                    True,
                )

    def _around(self, service: str) -> list[tuple[str, str]]:
        """Services that this one depends on, or that depend on it, each with that in words."""
        if not service:
            return []
        if service not in self._related:
            up = [(one, f"{service} depends on {one}") for one in sorted(needed(service, self.rules.depends))]
            down = [
                (one, f"{one} depends on {service}")
                for one in sorted(self.rules.depends)
                if one != service and service in needed(one, self.rules.depends)
            ]
            self._related[service] = up + down
        return self._related[service]


@dataclass(frozen=True, slots=True)
class Root:
    """The probable root: what fails that everything else hangs on. Both texts are empty where nothing says so."""

    name: str = ""
    reason: str = ""


def needed(service: str, depends: Parents) -> set[str]:
    """What a service depends on, over any number of steps; itself not among them."""
    found: set[str] = set()
    ahead = list(depends.get(service, ()))
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead.extend(depends.get(one, ()))
    return found - {service}


def probable_root(signs: Sequence[Sign], depends: Parents) -> Root:
    """Of the firing alerts of an incident: the deepest failing dependency, by labels before services."""
    return _root_by_labels(signs) or _root_by_service(signs, depends) or Root()


def _root_by_labels(signs: Sequence[Sign]) -> Root | None:
    """The parent that most alerts hang on; of those that hang on another failing one, that other one."""
    failing = {name for sign in signs for name in sign.names}
    above = {name: sign.parents for sign in signs for name in sign.names}
    counts: dict[str, int] = {}
    for sign in signs:
        for parent in sign.parents:
            counts[parent] = counts.get(parent, 0) + 1
    if not counts:
        return None
    best = max(sorted(counts), key=lambda name: (name in failing, counts[name]))
    root = _topmost(best, above, failing)
    hanging = f"{counts[best]} alerts" if counts[best] > 1 else "1 alert"
    if root not in failing:
        return (
            Root(root, f"{hanging} that fire hang on {root}; nothing fires for it itself.")
            if counts[best] > 1
            else None
        )
    return Root(
        root, f"{root} fails, and {hanging} hang{'' if counts[best] > 1 else 's'} on {best if best != root else 'it'}."
    )


def _topmost(name: str, above: Mapping[str, Collection[str]], failing: Collection[str]) -> str:
    seen = {name}
    while higher := sorted(one for one in above.get(name, ()) if one in failing and one not in seen):
        name = higher[0]
        seen.add(name)
    return name


def _root_by_service(signs: Sequence[Sign], depends: Parents) -> Root | None:
    failing = sorted({sign.service for sign in signs if sign.service})
    suffering = {one: sorted(needed(one, depends).intersection(failing)) for one in failing}
    if not any(suffering.values()):
        return None
    roots = [one for one in failing if not suffering[one]] or failing  # all of them: the dependencies go round
    root = max(sorted(roots), key=lambda one: sum(one in needs for needs in suffering.values()))
    dependents = [one for one in failing if root in suffering[one]]
    return Root(
        root,
        f"{root} fails and depends on nothing that does; {_listed(dependents)} depend{'s' if len(dependents) == 1 else ''} on it.",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} others" if len(names) > 5 else "")


def _plain(text: str) -> str:
    """Safe inside str.format."""
    return text.replace("{", "{{").replace("}", "}}")
