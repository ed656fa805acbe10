"""The span of time a chart shows, read from the address: a preset (`range=6h`) or absolute (`from=…&to=…`). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import urlencode

from django.http import QueryDict

from monitoring.dashboards.filters import moment

PRESETS = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
DEFAULT = "1h"
LONGEST = timedelta(days=400)
POINTS = 500  # a chart has fewer pixels than that many points would need
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """[start, end). `preset` is "" for an absolute one. `problems` says what of the address could not be read."""

    start: datetime
    end: datetime
    preset: str
    problems: tuple[str, ...] = ()

    @property
    def step(self) -> timedelta:
        """The shortest tidy step that gives at most POINTS points."""
        wanted_s = (self.end - self.start).total_seconds() / POINTS
        fitting = next((step for step in STEPS_S if step >= wanted_s), 0)
        return timedelta(seconds=fitting or ceil(wanted_s))

    @property
    def is_live(self) -> bool:
        return bool(self.preset)

    @property
    def address(self) -> str:
        if self.preset:
            return urlencode({"range": self.preset})
        return urlencode({"from": f"{self.start:%Y-%m-%dT%H:%M}", "to": f"{self.end:%Y-%m-%dT%H:%M}"})


def time_range(query: QueryDict, now: datetime) -> TimeRange:
    """The range asked for; the last hour where the address asks for none or for one that cannot be."""
    problems: list[str] = []
    start = moment(query.get("from", ""), "from", problems)
    end = moment(query.get("to", ""), "to", problems)
    if start and not problems:
        end = end or now
        if start < end <= start + LONGEST:
            return TimeRange(start, end, "")
        problems.append(f"from: must come before `to`, and by at most {LONGEST.days} days.")
    preset = query.get("range", "") or DEFAULT
    if preset not in PRESETS:
        problems.append(f"range: {preset[:20]!r} is not a range; use {', '.join(PRESETS)}.")
        preset = DEFAULT
    return TimeRange(now - PRESETS[preset], now, preset, tuple(problems))
