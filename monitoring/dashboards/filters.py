"""Filters of the overview and of the feed, read from the address and written back to it. Pure.

A value that cannot be read is left out, and `problems` says which field and what it accepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from monitoring.checks.choices import Status
from monitoring.dashboards.choices import Density
from monitoring.events.choices import Severity

TEXT_LIMIT = 200
PAGE_LIMIT = 10_000
# Further away, an offset or a span leads past what a time can be, here or in PostgreSQL.
FIRST_YEAR, LAST_YEAR = 1970, 2999


@dataclass(frozen=True, slots=True)
class OverviewFilter:
    """Which services the overview shows, and how."""

    text: str = ""
    statuses: tuple[str, ...] = ()
    owner: str = ""
    label: tuple[str, str] | None = None
    density: Density = Density.COMFORTABLE
    page: int = 1
    problems: tuple[str, ...] = ()

    @property
    def narrows(self) -> bool:
        return bool(self.text or self.statuses or self.owner or self.label)

    @property
    def label_text(self) -> str:
        return ":".join(self.label) if self.label else ""

    def address(self, **changes: object) -> str:
        """The query string of this filter with some fields changed; "?" when nothing is asked for."""
        fields: dict[str, object] = {
            "q": self.text,
            "status": self.statuses,
            "owner": self.owner,
            "label": self.label_text,
            "density": self.density.value,
            "page": self.page if self.page > 1 else "",
        }
        fields |= {"page": ""} | changes
        return "?" + urlencode({name: value for name, value in fields.items() if value}, doseq=True)


def overview_filter(query: QueryDict, remembered: str = "") -> OverviewFilter:
    """The filter in `query`; the density falls back to the `remembered` one."""
    problems: list[str] = []
    statuses = [word for word in query.getlist("status") if word]
    wrong = [word for word in statuses if word not in Status.values]
    if wrong:
        problems.append(f"status: {wrong[0]!r} is not a status; use {', '.join(Status.values)}.")
    key, colon, value = _text(query, "label").partition(":")
    if key and not colon:
        problems.append(f"label: {key!r} has no value; write it as key:value, such as env:prod.")
    return OverviewFilter(
        text=_text(query, "q"),
        statuses=tuple(word for word in dict.fromkeys(statuses) if word in Status.values),
        owner=_text(query, "owner"),
        label=(key.strip(), value.strip()) if key and colon else None,
        density=_density(query.get("density", ""), remembered, problems),
        page=_page(query.get("page", ""), problems),
        problems=tuple(problems),
    )


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which events the feed shows. `before` is the key of the last event of the page before this one."""

    kind: str = ""
    severities: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    start: datetime | None = None
    end: datetime | None = None
    before: tuple[datetime, int] | None = None
    problems: tuple[str, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrows(self) -> bool:
        return bool(self.kind or self.severities or self.subject or self.text or self.start or self.end)

    @property
    def is_newest_page(self) -> bool:
        return self.before is None and self.end is None

    def address(self, **changes: object) -> str:
        fields: dict[str, object] = {
            "kind": self.kind,
            "severity": self.severities,
            "subject": self.subject,
            "text": self.text,
            "start": self.raw.get("start", ""),
            "end": self.raw.get("end", ""),
        }
        fields |= changes
        return "?" + urlencode({name: value for name, value in fields.items() if value}, doseq=True)


def feed_filter(query: QueryDict) -> FeedFilter:
    problems: list[str] = []
    severities = [word for word in query.getlist("severity") if word]
    wrong = [word for word in severities if word not in Severity.values]
    if wrong:
        problems.append(f"severity: {wrong[0]!r} is not a severity; use {', '.join(Severity.values)}.")
    return FeedFilter(
        kind=_text(query, "kind"),
        severities=tuple(word for word in dict.fromkeys(severities) if word in Severity.values),
        subject=_text(query, "subject"),
        text=_text(query, "text"),
        start=moment(query.get("start", ""), "start", problems),
        end=moment(query.get("end", ""), "end", problems),
        before=_cursor(query.get("before", ""), problems),
        problems=tuple(problems),
        raw={"start": query.get("start", ""), "end": query.get("end", "")},
    )


def moment(text: str, name: str, problems: list[str]) -> datetime | None:
    """An ISO 8601 time; one without a zone is UTC."""
    if not text:
        return None
    try:
        found = parse_datetime(text.strip().replace(" ", "T", 1))
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        problems.append(
            f"{name}: {text[:40]!r} is not a time of {FIRST_YEAR} to {LAST_YEAR}; write 2026-05-01T14:30 (UTC)."
        )
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def cursor(time: datetime, event_id: int) -> str:
    """The key of an event in an address: microseconds since 1970, and its id."""
    return f"{(time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)}-{event_id}"


def _cursor(text: str, problems: list[str]) -> tuple[datetime, int] | None:
    if not text:
        return None
    micros, _, event_id = text.partition("-")
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros)), int(event_id)
    except (ValueError, OverflowError):
        problems.append("before: not a place in the feed; follow the Older link of a page.")
        return None


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:TEXT_LIMIT]


def _density(asked: str, remembered: str, problems: list[str]) -> Density:
    if asked and asked not in Density.values:
        problems.append(f"density: {asked[:40]!r} is not a density; use {', '.join(Density.values)}.")
    for word in (asked, remembered):
        if word in Density.values:
            return Density(word)
    return Density.COMFORTABLE


def _page(text: str, problems: list[str]) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= PAGE_LIMIT:
        return int(text[:9])
    problems.append(f"page: {text[:40]!r} is not a page; use a whole number from 1.")
    return 1
