"""When a job is expected: every so often, or by a cron line in a time zone. Pure; times are aware.

Cron lines follow `cronsim` (Debian's cron): at a change of the clock, a job of a fixed hour runs once, neither
skipped nor doubled.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Every:
    """A sign of life at least every `interval`."""

    interval: timedelta

    def expected_after(self, last: datetime, early: timedelta) -> datetime:
        return last + self.interval


@dataclass(frozen=True, slots=True)
class Cron:
    """A sign of life at every time of `line`, read in `time_zone`."""

    line: str
    time_zone: str

    def expected_after(self, last: datetime, early: timedelta) -> datetime:
        """The first time after `last` that `last` does not answer itself.

        A sign of life up to `early` before a time answers that time, unless it is as near behind the time before (a
        clock that runs a little fast must not raise an alarm).
        """
        coming = self.next_after(last)
        answers_the_one_before = self.next_after(last - early - SECOND) <= last
        return self.next_after(coming) if coming - last <= early and not answers_the_one_before else coming

    def next_after(self, time: datetime) -> datetime:
        """The first time strictly after `time`, in UTC. Raises StopIteration when there is none within 50 years.

        Where the clock is set back, `cronsim` counts on from the wall's time and may name a moment already gone:
        those are passed over.
        """
        return next(
            fire.astimezone(UTC) for fire in CronSim(self.line, time.astimezone(_zone(self.time_zone))) if fire > time
        )


def cron_error(line: str, time_zone: str) -> str | None:
    """Why `line` is not a cron line that ever fires; None when it is one."""
    if len(line.split()) != 5:
        return f"a cron line has five fields (minute hour day month weekday), this has {len(line.split())}."
    try:
        Cron(line, time_zone).next_after(datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        return f"not a cron line ({error}); use five fields, minute hour day month weekday, such as 30 2 * * *."
    except StopIteration:
        return "this cron line never fires; check its day and month."
    return None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


Schedule = Every | Cron
