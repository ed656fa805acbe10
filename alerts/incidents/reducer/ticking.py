"""One look of the reducer: what is in the inbox, over, due or awake. One process at a time does it, by an advisory lock of the transaction:
whoever is killed frees it at once, and what it was at did not happen."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from alerts.incidents.closing import alerts_leave
from alerts.incidents.configuration import Configuration, load, settings_stored
from alerts.incidents.leading import leads
from alerts.incidents.models import Group, Inbox
from alerts.incidents.record import Record
from alerts.incidents.reducer import alert_rows
from alerts.incidents.reducer.flushing import MOST_GROUPS, flush
from alerts.incidents.reducer.placing import hasten, place
from alerts.incidents.reducer.rerouting import has_changed, reroute
from alerts.incidents.reducer.taking import MOST_ROWS, take
from alerts.incidents.reducer.waking import wake

log = logging.getLogger(__name__)

ELSEWHERE = timedelta(seconds=0.5)  # until it is tried again to lead
ROUNDS = 8  # in one call
MOST_EXPIRED = 5000
PUT_OFF = timedelta(seconds=30)  # what went wrong is tried again
PROBE = """
SELECT (SELECT revision FROM incidents_incidentsettings WHERE id = 1),
    EXISTS (SELECT FROM incidents_inbox WHERE NOT is_broken),
    EXISTS (SELECT FROM incidents_silence WHERE reminded_at IS NULL AND ends_at > %(now)s AND ends_at <= %(now)s + interval '1 day'),
    (SELECT min(ends_at) FROM incidents_alert WHERE is_firing),
    (SELECT min(next_flush_at) FROM incidents_group WHERE next_flush_at IS NOT NULL),
    (SELECT min(wake_at) FROM incidents_incident WHERE wake_at IS NOT NULL),
    (SELECT min(suppressed_until) FROM incidents_alert WHERE is_firing AND suppressed_until IS NOT NULL)
"""


class LedElsewhere(Exception):
    """Another process is at it."""


PASSING = (LedElsewhere, OperationalError, InterfaceError)  # what may well work a moment later


@dataclass(frozen=True, slots=True)
class Probe:
    """What there is to do. The times are when something is due next, None: nothing is."""

    revision: int | None
    inbox: bool
    silences: bool
    expiry_at: datetime | None
    flush_at: datetime | None
    wake_at: datetime | None
    quiet_end_at: datetime | None

    @classmethod
    def at(cls, now: datetime) -> "Probe":
        with connection.cursor() as cursor:
            cursor.execute(PROBE, {"now": now})
            return cls(*cursor.fetchone())

    def next_at(self) -> datetime | None:
        times = (self.expiry_at, self.flush_at, self.wake_at, self.quiet_end_at)
        return min((time for time in times if time), default=None)


def _due(time: datetime | None, now: datetime) -> bool:
    return time is not None and time <= now


class Reducer:
    """Keeps the configuration it goes by between calls, and nothing else."""

    def __init__(self) -> None:
        self.configuration: Configuration | None = None

    def tick(self, now: datetime) -> datetime | None:
        """Do what is due; when something is due next, `now` when there is more at once, None when nothing is known."""
        for _ in range(ROUNDS):
            probe = Probe.at(now)
            try:
                if not self._round(probe, now):
                    return probe.next_at()
            except LedElsewhere:
                return now + ELSEWHERE
        return now

    def _round(self, probe: Probe, now: datetime) -> bool:
        """Each thing that is due, a batch of it in a transaction; whether anything was."""
        configuration = self._configured(probe.revision, now)
        wakes = probe.silences or _due(probe.wake_at, now) or _due(probe.quiet_end_at, now)
        at_once = (
            probe.inbox and not wakes and not _due(probe.expiry_at, now)
        )  # nothing comes between taking and telling
        steps = (
            (has_changed(configuration), self._reroute),
            (at_once, self._take_and_tell),
            (probe.inbox and not at_once, self._take),
            (_due(probe.expiry_at, now), self._expire),
            (wakes, self._wake),
            ((_due(probe.flush_at, now) or probe.inbox) and not at_once, self._flush),
        )
        return sum(step(now) for is_due, step in steps if is_due) > 0

    def _configured(self, revision: int | None, now: datetime) -> Configuration:
        if revision is None:
            revision = settings_stored().revision
        if self.configuration is None or self.configuration.is_stale(revision, now):
            self.configuration = load(now)
        return self.configuration

    @property
    def _known(self) -> Configuration:
        assert self.configuration is not None  # noqa: S101 - `_round` has it read
        return self.configuration

    def _reroute(self, now: datetime) -> int:
        with leading(now):
            return reroute(self._known, now)

    def _take_and_tell(self, now: datetime) -> int:
        """In one transaction: what is to be told at once does not wait for two. Goes that wrong, each has its own way to go on."""
        try:
            with self._remembering(), leading(now) as record:
                taken = self._in(record, MOST_ROWS)
                flush(record, self._known, MOST_GROUPS)
        except PASSING:
            raise
        except Exception:
            log.exception("incidents: a batch went wrong, its parts are tried by themselves")
            return self._take(now) + self._flush(now)
        return taken

    def _take(self, now: datetime) -> int:
        try:
            return self._taken(now, MOST_ROWS)
        except PASSING:
            raise
        except Exception as error:
            return self._one_by_one(now, error)

    def _taken(self, now: datetime, most: int) -> int:
        with leading(now) as record:
            return self._in(record, most)

    def _in(self, record: Record, most: int) -> int:
        configuration = self._known
        taken = take(record.now, configuration.settings.resolve_timeout_s, most)
        alerts_leave(record, taken.ended, configuration.estate)
        place(taken.new, configuration, record.now)
        hasten(taken.earlier, configuration)
        return taken.rows

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """What was learnt in a transaction that fails is not so."""
        try:
            yield
        except BaseException:
            self._known.memory.forget()
            raise

    def _one_by_one(self, now: datetime, error: Exception) -> int:
        """Something in the batch is not as it should be: each row by itself, and what cannot be taken is set aside."""
        log.error("incidents: a batch of the inbox went wrong, each is tried by itself", exc_info=error)
        rows = list(Inbox.objects.filter(is_broken=False).order_by("pk").values_list("pk", flat=True)[:MOST_ROWS])
        for pk in rows:
            try:
                self._taken(now, 1)
            except PASSING:
                raise
            except Exception:
                log.exception("incidents: row %s of the inbox is set aside", pk)
                Inbox.objects.filter(pk=pk).update(is_broken=True)
        return len(rows)

    def _expire(self, now: datetime) -> int:
        with leading(now) as record:
            over = alert_rows.expired(now, MOST_EXPIRED)
            alerts_leave(record, over, self._known.estate)
        return len(over)

    def _wake(self, now: datetime) -> int:
        with leading(now) as record:
            return wake(record, self._known)

    def _flush(self, now: datetime) -> int:
        try:
            return self._flushed(now, MOST_GROUPS)
        except PASSING:
            raise
        except Exception as error:
            return self._group_by_group(now, error)

    def _flushed(self, now: datetime, most: int) -> int:
        with self._remembering(), leading(now) as record:
            return flush(record, self._known, most)

    def _group_by_group(self, now: datetime, error: Exception) -> int:
        """One group that cannot be told keeps no other from being told."""
        log.error("incidents: a batch of groups went wrong, each is tried by itself", exc_info=error)
        groups = Group.objects.filter(next_flush_at__lte=now).order_by("next_flush_at", "pk")
        due = list(groups.values_list("pk", flat=True)[:MOST_GROUPS])
        for pk in due:
            try:
                self._flushed(now, 1)
            except PASSING:
                raise
            except Exception:
                log.exception("incidents: group %s is put off", pk)
                Group.objects.filter(pk=pk).update(next_flush_at=now + PUT_OFF)
        return len(due)


@contextmanager
def leading(now: datetime) -> Iterator[Record]:
    """A transaction of the one that leads, and its record. Raises LedElsewhere."""
    with transaction.atomic():
        if not leads():
            raise LedElsewhere
        record = Record(now)
        yield record
        record.close()
