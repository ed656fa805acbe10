"""Writes of what agents report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction

from monitoring.checks.models import Machine
from monitoring.checks.value_names import metric_name, split_name
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from monitoring.metrics.store import Sample, labels_of, write

STREAMS_KEPT = 8
SKEW_CORRECTED_S = 30
"""A machine's clock that is further off than this has the times of its readings moved to the portal's."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a machine; `sequence` counts within the stream, `time` is by the machine's clock."""

    sequence: int
    time: datetime
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one agent sent at once: readings oldest first; `dropped` counts those its buffer ever had no room for."""

    machine: str
    name: str
    stream: UUID
    interval_s: int
    dropped: int
    sent_at: datetime
    facts: Mapping[str, str]
    readings: Sequence[Reading]


@dataclass(frozen=True, slots=True)
class Receipt:
    accepted: int
    repeated: int
    last_sequence: int


@transaction.atomic
def readings_store(*, batch: Batch, by: AbstractBaseUser, now: datetime) -> Receipt:
    """Store the readings of a batch that are new, each at its own time; the newest becomes the machine's report.

    A reading is new when its sequence is past the last one taken of its stream, so a batch that is sent again changes
    nothing. Raises PermissionDenied when the machine reports with somebody else's token.
    """
    machine = _locked_machine(batch, by, now)
    last = int(machine.streams.get(str(batch.stream), 0))
    fresh = [reading for reading in batch.readings if reading.sequence > last]
    receipt = Receipt(len(fresh), len(batch.readings) - len(fresh), max([last, *(r.sequence for r in fresh)]))
    if fresh:
        skew = batch.sent_at - now
        shift = skew if abs(skew.total_seconds()) > SKEW_CORRECTED_S else timedelta(0)
        placed = [replace(reading, time=reading.time - shift) for reading in fresh]
        write(_samples(machine.slug, placed))
        _remember(machine, batch, placed[-1], receipt, skew)
    return receipt


def _locked_machine(batch: Batch, by: AbstractBaseUser, now: datetime) -> Machine:
    machine, new = Machine.objects.select_for_update().get_or_create(
        slug=batch.machine, defaults={"name": batch.name or batch.machine, "pushed_by_id": by.pk}
    )
    if new:
        event_emit(
            kind="machine.joined",
            severity=Severity.INFO,
            subject=f"machine:{machine.slug}",
            summary=f"Machine {machine.name} reports for the first time",
            time=now,
        )
    elif machine.pushed_by_id is None:
        machine.pushed_by_id = by.pk
    elif machine.pushed_by_id != by.pk:
        raise PermissionDenied(
            f"machine: {machine.slug} reports with another account's token; use that account, or another machine name."
        )
    return machine


def _samples(slug: str, readings: Iterable[Reading]) -> Iterable[Sample]:
    for reading in readings:
        for full_name, value in reading.values.items():
            name, labels = split_name(full_name)
            yield Sample(metric_name("system", name), labels_of({**labels, "machine": slug}), reading.time, value)


def _remember(machine: Machine, batch: Batch, newest: Reading, receipt: Receipt, skew: timedelta) -> None:
    if machine.last_report_at is None or newest.time >= machine.last_report_at:
        machine.last_report_at = newest.time
        machine.report = {"values": dict(newest.values), "facts": dict(batch.facts)}
    others = {stream: last for stream, last in machine.streams.items() if stream != str(batch.stream)}
    machine.streams = dict(list(others.items())[-STREAMS_KEPT + 1 :]) | {str(batch.stream): receipt.last_sequence}
    machine.interval_s = batch.interval_s
    machine.dropped = batch.dropped
    machine.clock_skew_s = skew.total_seconds()
    machine.save()
