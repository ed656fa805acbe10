"""Kills a process that writes and compacts, at random moments, and says what its acknowledged samples became."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from monitoring.metrics.index import series_index
from opsportal.env import BASE_DIR
from tests.monitoring.metrics.samples import labels_of, select
from tests.monitoring.metrics.victim import START_MS, batch

LONGEST_LIFE_S = 1.0


@dataclass(slots=True)
class Toll:
    """After `kills`: `batches` were acknowledged, `lost` of their samples are not there, `wrong` have another value, `strange` samples are
    there that nobody wrote, or twice."""

    kills: int = 0
    batches: int = 0
    lost: int = 0
    wrong: int = 0
    strange: int = 0


def environment() -> dict[str, str]:
    """The victim's: the database of this process."""
    parameters = connection.get_connection_params()
    url = f"postgresql://{parameters.get('user', '')}@/{parameters['dbname']}?host={parameters.get('host', '')}"
    if parameters.get("port"):
        url += f"&port={parameters['port']}"
    return dict(os.environ) | {"DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY}


def lives(kills: int, seed: int) -> Toll:
    """Start, wait a random while, kill -9; again and again. Then compare."""
    chance = random.Random(seed)
    toll = Toll()
    begun: list[int] = []
    done: list[int] = []
    command = [sys.executable, "-m", "tests.monitoring.metrics.victim"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), cwd=BASE_DIR, text=True, bufsize=1
    ) as victim:
        for _ in range(kills):
            _live(victim, max([-1, *begun]) + 1, chance, begun, done)
            toll.kills += 1
    toll.batches = len(done)
    _judge(toll, begun, set(done))
    return toll


def _live(victim: subprocess.Popen[str], first: int, chance: random.Random, begun: list[int], done: list[int]) -> None:
    assert victim.stdin is not None
    assert victim.stdout is not None
    victim.stdin.write(f"{first} {chance.randrange(1 << 30)}\n")
    _, child = victim.stdout.readline().split()
    time.sleep(chance.random() * LONGEST_LIFE_S)
    os.kill(int(child), signal.SIGKILL)
    while (words := victim.stdout.readline().split()) != ["dead"]:
        (begun if words[0] == "batch" else done).append(int(words[1]))


def _judge(toll: Toll, begun: list[int], done: set[int]) -> None:
    """What was begun may or may not be there as a whole; what was acknowledged must be, the first value of each time."""
    series_index.forget()
    found: dict[Any, float] = {}
    selection = select(start_ms=START_MS - 10**9, end_ms=START_MS + 10**10)
    bounds = selection.offsets.tolist()
    for labels, start, end in zip(selection.labels, bounds, bounds[1:], strict=False):
        for at, value in zip(selection.times[start:end].tolist(), selection.values[start:end].tolist(), strict=True):
            toll.strange += (labels, at) in found
            found[labels, at] = value
    there = {number for number in begun if number in done or _is_there(number, found)}
    wanted: dict[Any, float] = {}
    for number in sorted(there):
        for series, at, value in batch(number):
            wanted.setdefault((labels_of(series), at), value)
    toll.lost = sum(key not in found for key in wanted)
    toll.wrong = sum(key in found and found[key] != value for key, value in wanted.items())
    toll.strange += sum(key not in wanted for key in found)


def _is_there(number: int, found: Mapping[Any, float]) -> bool:
    """Was a batch committed that was not acknowledged? Its tick tells: nobody else writes its very values."""
    tick = [
        (series, at, value)
        for series, at, value in batch(number)
        if value >= number and at == START_MS + number * 20_000
    ]
    return any(found.get((labels_of(series), at)) == value for series, at, value in tick)
