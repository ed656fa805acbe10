"""The data set that is compared with Prometheus, out of PostgreSQL and out of memory: hot, then in blocks, the answers are the same."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import connection

from benchmarks.compat.compare import verdict
from benchmarks.compat.ours import Ours
from benchmarks.compat.queries import FAMILIES
from benchmarks.compat.samples import data_set
from benchmarks.compat.samples.series import Series
from benchmarks.compat.stores import in_memory
from benchmarks.compat.tally import of_family, tally
from monitoring.metrics import ingest
from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.reading import PostgresStorage

pytestmark = pytest.mark.django_db

EVERY = 90
"""Of so many expressions one: about 70 in all."""

HOUR_S = 3_600


def recent() -> tuple[int, list[Series]]:
    """When they begin, and the series that our store takes: PostgreSQL keeps no text with a NUL."""
    base_s = int(time.time()) // HOUR_S * HOUR_S - 4 * HOUR_S
    return base_s, [one for one in data_set(base_s) if not any("\x00" in value for _, value in one.labels)]


def load(series: Sequence[Series]) -> None:
    """Into PostgreSQL, in the order of time."""
    resolved = ingest.resolve(ingest.Source("remote_write", "compat"), [one.labels for one in series])
    assert resolved.refusals == ()
    times = np.concatenate([one.times for one in series])
    order = np.argsort(times, kind="stable")
    ids = np.repeat(resolved.ids, [len(one.times) for one in series])
    values = np.concatenate([one.values for one in series])
    assert ingest.append(ids[order], times[order], values[order], backfill=True).written == len(times)


def differences(base_s: int, series: Sequence[Series]) -> list[tuple[str, str, str]]:
    """What is asked of both, and not answered alike."""
    sides = Ours(in_memory(series)), Ours(PostgresStorage())
    tallies = [tally(family, of_family(family, base_s, EVERY), *sides) for family in FAMILIES]
    assert sum(len(one.expressions) for one in tallies) >= 60
    return [(one.question.text, one.question.mode, one.words) for found in tallies for one in found.findings]


def test_postgresql_answers_as_memory_does_hot_and_in_blocks() -> None:
    base_s, series = recent()
    load(series)
    assert differences(base_s, series) == []
    done = compact(datetime.now(UTC), Deadline(60), everything=True)
    assert done.samples == sum(len(one.times) for one in series)
    assert not hot_rows()
    assert differences(base_s, series) == []


def test_a_group_of_questions_is_answered_by_postgresql_as_each_is_by_memory() -> None:
    base_s, series = recent()
    load(series)
    asked = [questions[0] for family in ("rates", "over_time", "mixed") for questions in of_family(family, base_s, 4)]
    alike = [one for one in asked if one.start_ms == asked[0].start_ms]
    assert len(alike) > 100
    single = Ours(in_memory(series))
    found = zip(alike, Ours(PostgresStorage()).ask_many(alike), strict=True)
    verdicts = [(one.text, *verdict(single.ask(one), answer)) for one, answer in found]
    assert [one for one in verdicts if one[1] != "equal"] == []


def hot_rows() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM metrics_hot)")
        (found,) = cursor.fetchone()
    return bool(found)


def test_a_label_with_a_nul_is_refused_with_its_reason() -> None:
    odd = [one.labels for one in data_set() if any("\x00" in value for _, value in one.labels)]
    (refusal,) = ingest.resolve(ingest.Source("remote_write", "compat"), odd).refusals
    assert (refusal.reason, refusal.count) == ("invalid", 1)
