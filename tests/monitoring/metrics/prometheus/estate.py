"""The samples that tests of the API ask about: ten minutes of a few series, every 15 s from T0 on."""

import math
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from monitoring.metrics import ingest
from monitoring.metrics.formats.numbers import go_float
from monitoring.metrics.ingest import Source
from monitoring.metrics.promql.storage import Labels

STEP_S = 15
COUNT = 41
T0 = (int(time.time()) // 86_400 - 1) * 86_400 + 36_000  # seconds: yesterday at ten, so that raw samples are still kept
END = T0 + STEP_S * (COUNT - 1)


class Measured(NamedTuple):
    labels: Labels
    values: list[float]


def labels(name: str, **pairs: str) -> Labels:
    return tuple(sorted({"__name__": name, **pairs}.items()))


def series() -> list[Measured]:
    steps = range(COUNT)
    return [
        Measured(labels("up", instance="a:1", job="node"), [1.0] * COUNT),
        Measured(labels("up", instance="b:1", job="node"), [float(step % 2) for step in steps]),
        Measured(labels("requests_total", code="200", job="web"), [float(step * 7) for step in steps]),
        Measured(labels("requests_total", code="500", job="web"), [float(step % 20) for step in steps]),
        Measured(labels("temperature", room="<b>&\u2028é"), [math.sin(step) * 20 for step in steps]),
        Measured(labels("tiny"), [1e-7 * step for step in steps]),
        Measured(labels("huge"), [1e21 + 1e20 * step for step in steps]),
        Measured(labels("odd", kind="nan"), [math.nan] * COUNT),
        Measured(labels("odd", kind="inf"), [math.inf if step % 2 else -math.inf for step in steps]),
    ]


def times_ms(begin: int = T0) -> list[int]:
    return [(begin + STEP_S * step) * 1000 for step in range(COUNT)]


def store(begin: int = T0) -> None:
    """Into the portal's own store."""
    measured = series()
    ids = ingest.resolve(Source("scrape", "test"), [one.labels for one in measured]).ids
    times = np.array(times_ms(begin), dtype=np.int64)
    values = np.array([one.values for one in measured], dtype=np.float64)
    receipt = ingest.append(np.repeat(ids, COUNT), np.tile(times, len(measured)), values.ravel(), backfill=True)
    assert receipt.written == values.size


def openmetrics(begin: int = T0) -> str:
    """The same as text that promtool makes blocks of."""
    return "\n".join([*_lines(begin), "# EOF", ""])


def _lines(begin: int) -> Iterator[str]:
    named: dict[str, list[Measured]] = {}
    for one in series():
        named.setdefault(dict(one.labels)["__name__"], []).append(one)
    for name, group in named.items():
        yield f"# TYPE {name.removesuffix('_total')} {'counter' if name.endswith('_total') else 'gauge'}"
        for one in group:
            pairs = ",".join(f'{key}="{value}"' for key, value in one.labels if key != "__name__")
            for step, value in enumerate(one.values):
                yield f"{name}{{{pairs}}} {go_float(value)} {begin + STEP_S * step}"


def dated(asked: str) -> str:
    """A request with T0 and END in place of their names; requests are test ids, which must not change from day to day."""
    return asked.replace("T0", str(T0)).replace("END", str(END))
