"""Milliseconds since 1970 and moments, both ways. Pure."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
LEAST_MS = -62_135_596_800_000  # the year 1
MOST_MS = 253_402_300_799_999  # the end of the year 9999


def moment(time_ms: int) -> datetime:
    """What is outside of the years 1 to 9999 becomes their border."""
    return EPOCH + timedelta(milliseconds=min(max(time_ms, LEAST_MS), MOST_MS))


def milliseconds(time: datetime) -> int:
    """Rounded down."""
    return (time - EPOCH) // MILLISECOND


def stamp(time_ms: int) -> str:
    """As people and JSON read it, in UTC."""
    return moment(time_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
