"""Times, durations and limits as Prometheus's API takes them. Pure.

A time is RFC 3339 or Unix seconds, a duration `1h30m` or seconds; both become milliseconds, rounded as Prometheus does
(web/api/v1/api.go, `parseTime` and `parseDuration`).
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitoring.metrics.prometheus.envelope import ApiError, bad_parameter

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
UNIT_MS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
SHOWN = 200  # characters of what cannot be read
MOST_NANOSECONDS = 2**63 - 1
# Years 1 to 9999: what every layer below can say. The open ends are Prometheus's own words for "ever".
LEAST_MS, GREATEST_MS = -62_135_596_800_000, 253_402_300_799_999
OPEN_ENDS = {"-292273086-05-16T16:47:06Z": LEAST_MS, "292277025-08-18T07:12:54.999999999Z": GREATEST_MS}
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class UnreadableError(ValueError):
    """The message is the one shown."""


def time_ms(text: str) -> int:
    """Raises UnreadableError; also for what is outside the years 1 to 9999."""
    if text in OPEN_ENDS:
        return OPEN_ENDS[text]
    found = _unix_ms(float(text)) if NUMBER.fullmatch(text) else _rfc3339_ms(text)
    if found is None or not LEAST_MS <= found <= GREATEST_MS:
        raise UnreadableError(f'cannot parse "{text[:SHOWN]}" to a valid timestamp')
    return found


def _unix_ms(seconds: float) -> int | None:
    """Go splits the number, rounds the fraction to ms, makes nanoseconds of it and cuts those to ms again."""
    if not abs(seconds) < 1e15:
        return None
    fraction, whole = math.modf(seconds)
    nanoseconds = int(math.copysign(math.floor(abs(fraction) * 1000 + 0.5), fraction) / 1000 * 1e9)
    return int(whole) * 1000 + nanoseconds // 1_000_000


def _rfc3339_ms(text: str) -> int | None:
    match = RFC3339.fullmatch(text)
    if match is None:
        return None
    *parts, fraction, zone = match.groups()
    try:
        moment = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[arg-type, misc]
        away = timedelta(0) if zone == "Z" else timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    except ValueError:
        return None
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    offset_s = int(away.total_seconds()) * (-1 if zone[0] == "-" else 1)
    return (seconds - offset_s) * 1000 + int((fraction or "0").ljust(3, "0")[:3])


def duration_ms(text: str) -> float:
    """Milliseconds; fractions of one stay. Raises UnreadableError."""
    if NUMBER.fullmatch(text):
        seconds = float(text)
        if abs(seconds) * 1e9 > MOST_NANOSECONDS:
            raise UnreadableError(f'cannot parse "{text[:SHOWN]}" to a valid duration. It overflows int64')
        return int(seconds * 1e9) / 1e6
    match = DURATION.fullmatch(text)
    if not text or match is None:
        raise UnreadableError(f'cannot parse "{text[:SHOWN]}" to a valid duration')
    found = sum(int(part or 0) * unit for part, unit in zip(match.groups(), UNIT_MS, strict=True))
    if found * 1_000_000 > MOST_NANOSECONDS:
        raise UnreadableError(f'cannot parse "{text[:SHOWN]}" to a valid duration')
    return float(found)


class Parameters:
    """The fields of a request: those of a posted form before those of the address."""

    def __init__(self, *sources: dict[str, list[str]]) -> None:
        self._fields: dict[str, list[str]] = {}
        for source in sources:
            for name, values in source.items():
                self._fields.setdefault(name, []).extend(values)

    def text(self, name: str) -> str:
        """The first value; "" when there is none."""
        return self._fields.get(name, [""])[0]

    def all(self, name: str) -> Sequence[str]:
        return self._fields.get(name, [])

    def time_ms(self, name: str) -> int:
        """A time that has to be there."""
        try:
            return time_ms(self.text(name))
        except UnreadableError as error:
            raise bad_parameter(name, str(error)) from None

    def time_ms_or(self, name: str, default: int) -> int:
        try:
            return time_ms(text) if (text := self.text(name)) else default
        except UnreadableError as error:
            raise bad_parameter(name, f"Invalid time value for '{name}': {error}") from None

    def duration_ms(self, name: str) -> float:
        try:
            return duration_ms(self.text(name))
        except UnreadableError as error:
            raise bad_parameter(name, str(error)) from None

    def duration_ms_or(self, name: str, default: float) -> float:
        return self.duration_ms(name) if self.text(name) else default

    def limit(self) -> int:
        """The most that is wanted; 0: all."""
        text = self.text("limit")
        if not text:
            return 0
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
            raise bad_parameter("limit", "limit must be a number")
        if int(text) < 0:
            raise bad_parameter("limit", "limit must be non-negative")
        return int(text)

    def span_ms(self) -> tuple[int, int]:
        """`start` and `end`, each open where it is not given."""
        return self.time_ms_or("start", LEAST_MS), self.time_ms_or("end", GREATEST_MS)


def label_name(text: str) -> str:
    if not LABEL.fullmatch(text):
        raise ApiError("bad_data", f'invalid label name: "{text[:SHOWN]}"')
    return text
