"""A process to be killed: it writes numbered batches and compacts all the while, and says which batches were acknowledged.

It starts Django once and then, for each line `FIRST_BATCH SEED` that it reads, a child that does the work: `alive PID`, then
`batch N` before each batch and `done N` after its commit, and `dead` when it was killed. What a batch holds follows from its number.
"""

import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NoReturn

START = datetime(2026, 3, 2, 22, tzinfo=UTC)
"""Two hours before the end of a day, so that days are merged too."""
START_MS = int(START.timestamp() * 1000)
SERIES = 12
STEP_MS = 20_000


def batch(number: int) -> Iterator[tuple[int, int, float]]:
    """(series, time in ms, value): a tick, now and then with holes, late samples and doubles of other values."""
    chance = random.Random(number)
    time_ms = START_MS + number * STEP_MS
    for series in range(SERIES):
        if chance.random() < 0.95:
            yield series, time_ms, number + series / 100
    if chance.random() < 0.3:
        for _ in range(chance.randint(1, 5)):
            earlier = chance.randint(max(0, number - 300), number)
            yield chance.randrange(SERIES), START_MS + earlier * STEP_MS + 7, number / 1000
    if number and chance.random() < 0.2:
        yield chance.randrange(SERIES), time_ms - STEP_MS, -1.0  # mostly a double of the tick before: not to be kept


def main() -> None:
    import django

    django.setup()
    from monitoring.metrics import compaction, ingest  # noqa: F401 - once for all children

    for line in sys.stdin:
        first, seed = map(int, line.split())
        child = os.fork()
        if not child:
            live(first, seed)
        os.waitpid(child, 0)
        say("dead")


def live(first: int, seed: int) -> NoReturn:
    """Until it is killed."""
    from monitoring.metrics.compaction import Deadline, compact

    say(f"alive {os.getpid()}")
    chance = random.Random(seed)
    number = first
    while True:
        say(f"batch {number}")
        write(number)
        say(f"done {number}")
        number += 1
        if chance.random() < 0.2:
            now = START + timedelta(milliseconds=number * STEP_MS + chance.choice((0, 4_000_000, 90_000_000)))
            compact(now, Deadline(5), everything=chance.random() < 0.3)


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def write(number: int) -> None:
    import numpy as np

    from monitoring.metrics import ingest
    from tests.monitoring.metrics.samples import NODE, labels_of

    rows = list(batch(number))
    ids = ingest.resolve(NODE, [labels_of(series) for series, _, _ in rows]).ids
    times = np.array([time_ms for _, time_ms, _ in rows], dtype=np.int64)
    ingest.append(ids, times, np.array([value for _, _, value in rows]), backfill=True)


if __name__ == "__main__":
    main()
