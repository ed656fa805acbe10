"""Which incidents a list shows, read from the address and written back to it. Pure.

A value that cannot be read is left out, and `problems` says which field and what it accepts.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from alerts.incidents.choices import UNRESOLVED, IncidentState
from monitoring.events.choices import Severity

TEXT_LIMIT = 200
EVERY = "all"
SORTS = ("newest", "oldest", "severity")
FIRST_YEAR, LAST_YEAR = 1970, 2999
RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the page before: where the next one begins. `rank` of its severity: 0 is the worst."""

    rank: int
    time: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.rank},{self.time.isoformat()},{self.id}"

    @classmethod
    def parse(cls, text: str) -> "After | None":
        rank, _, rest = text.partition(",")
        time, _, number = rest.partition(",")
        parsed = time_of(time)
        if parsed is None or not (rank.isdecimal() and number.isdecimal()) or len(rank) > 2 or len(number) > 18:
            return None
        return cls(int(rank), parsed, int(number))


@dataclass(frozen=True, slots=True)
class Asked:
    """`states` empty: those that are not resolved."""

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    service: str = ""
    assignee: str = ""
    mine: bool = False
    text: str = ""
    since: datetime | None = None
    sort: str = "newest"
    after: After | None = None
    problems: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The states, spelled out; empty: every one."""
        if EVERY in self.states:
            return ()
        return self.states or tuple(one.value for one in UNRESOLVED)

    @property
    def narrows(self) -> bool:
        return bool(self.severities or self.service or self.assignee or self.mine or self.text or self.since)

    def address(self, **changes: object) -> str:
        """The query string with some fields changed; "?" when nothing is asked for. The page is the first unless `after` is given."""
        fields: dict[str, object] = {
            "state": self.states,
            "severity": self.severities,
            "service": self.service,
            "assignee": self.assignee,
            "mine": "1" if self.mine else "",
            "q": self.text,
            "since": self.since and f"{self.since:%Y-%m-%dT%H:%M}",
            "sort": self.sort if self.sort != SORTS[0] else "",
        }
        fields |= changes
        return "?" + urlencode({name: value for name, value in fields.items() if value}, doseq=True)


def asked(query: QueryDict) -> Asked:
    problems: list[str] = []
    known = (*IncidentState.values, EVERY)
    states = _among(query, "state", known, problems)
    sort = query.get("sort", "") or SORTS[0]
    if sort not in SORTS:
        problems.append(f"sort: {sort!r} is not one of {', '.join(SORTS)}.")
        sort = SORTS[0]
    if sort == "severity" and not set(states) <= {one.value for one in UNRESOLVED}:
        problems.append("sort: only what is not resolved is sorted by severity; these are the newest.")
        sort = SORTS[0]
    return Asked(
        states=states,
        severities=_among(query, "severity", Severity.values, problems),
        service=_text(query, "service"),
        assignee=_text(query, "assignee"),
        mine=query.get("mine", "") in ("1", "true", "on"),
        text=_text(query, "q"),
        since=_time(query, "since", problems),
        sort=sort,
        after=_after(query, problems),
        problems=tuple(problems),
    )


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:TEXT_LIMIT]


def _among(query: QueryDict, name: str, known: tuple[str, ...] | list[str], problems: list[str]) -> tuple[str, ...]:
    given = [one for one in query.getlist(name) if one]
    for one in given:
        if one not in known:
            problems.append(f"{name}: {one[:40]!r} is not one of {', '.join(known)}.")
    return tuple(dict.fromkeys(one for one in given if one in known))


def _after(query: QueryDict, problems: list[str]) -> After | None:
    text = query.get("after", "")
    found = After.parse(text) if text else None
    if text and found is None:
        problems.append("after: not a place in this list; these are the first.")
    return found


def _time(query: QueryDict, name: str, problems: list[str]) -> datetime | None:
    text = query.get(name, "")
    found = time_of(text) if text else None
    if text and found is None:
        problems.append(f"{name}: {text[:40]!r} is not a time such as 2026-03-02T09:00 (UTC).")
    return found


def time_of(text: str) -> datetime | None:
    """A time of an address; without a zone it is UTC. None where it is none."""
    try:
        found = parse_datetime(text.strip().replace(" ", "+"))
    except ValueError:
        return None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
