"""From when to when an alert fires: what a post leaves out, and what two posts of one alert make together. Pure.

Source: Alertmanager 0.25, api/v2/api.go (defaults) and types/types.go (Merge). One thing is ours, for the resolve contract: the resolve
of what does not fire is nothing, so that a resolve that is sent again is not told again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


class EpisodeError(ValueError):
    """An alert that ends before it starts."""


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert's times. `by_timeout`: `ends_at` was set by us, because its sender did not say when it ends."""

    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    by_timeout: bool = False

    def resolved_at(self, at: datetime) -> bool:
        return self.ends_at <= at


def received(
    old: Episode | None, starts_at: datetime | None, ends_at: datetime | None, now: datetime, resolve_timeout_s: float
) -> Episode | None:
    """The alert after a post at `now`; `old`: as it fires so far, None if it does not. None: the post says nothing new.

    Raises EpisodeError where the end comes before the start.
    """
    sent = posted(starts_at, ends_at, now, resolve_timeout_s)
    if old is None or old.resolved_at(now):
        return None if sent.resolved_at(now) else sent
    return merged(old, sent, now)


def posted(starts_at: datetime | None, ends_at: datetime | None, now: datetime, resolve_timeout_s: float) -> Episode:
    """A post by itself: no start is now (or its end), no end is the resolve timeout from now. Raises EpisodeError."""
    begins = starts_at or ends_at or now
    if ends_at is not None and ends_at < begins:
        raise EpisodeError("ends_at: the end comes before starts_at; leave one of them out or swap them.")
    if ends_at is None:
        return Episode(begins, now + timedelta(seconds=resolve_timeout_s), now, by_timeout=True)
    return Episode(begins, ends_at, now)


def merged(old: Episode, new: Episode, now: datetime) -> Episode:
    """Two posts of one alert as one where they overlap, else the newer one.

    The earliest start; the latest end, unless the newer one says it is over or the older end was only a time-out.
    """
    ends_at = new.ends_at
    if not _overlap(old, new):
        return new
    if not new.resolved_at(now):
        ends_at = ends_at if old.by_timeout else max(old.ends_at, ends_at)
    elif old.resolved_at(now):
        ends_at = max(old.ends_at, ends_at)
    return replace(new, starts_at=min(old.starts_at, new.starts_at), ends_at=ends_at)


def _overlap(old: Episode, new: Episode) -> bool:
    return old.starts_at < new.ends_at < old.ends_at or old.starts_at < new.starts_at < old.ends_at
