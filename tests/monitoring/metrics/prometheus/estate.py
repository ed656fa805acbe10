"""The samples that tests of the API ask about: ten minutes of a few series, every 15 s from T0 on."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from monitoring.metrics import ingest
from monitoring.metrics.formats.numbers import go_float
from monitoring.metrics.ingest import Source
from monitoring.metrics.promql.storage import Labels

T0 = 1_700_000_000  # seconds
STEP_S = 15
COUNT = 41
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


def times_ms() -> list[int]:
    return [(T0 + STEP_S * step) * 1000 for step in range(COUNT)]


def store() -> None:
    """Into the portal's own store."""
    measured = series()
    ids = ingest.resolve(Source("scrape", "test"), [one.labels for one in measured]).ids
    times = np.array(times_ms(), dtype=np.int64)
    values = np.array([one.values for one in measured], dtype=np.float64)
    receipt = ingest.append(np.repeat(ids, COUNT), np.tile(times, len(measured)), values.ravel(), backfill=True)
    assert receipt.written == values.size


def openmetrics() -> str:
    """The same as text that promtool makes blocks of."""
    return "\n".join([*_lines(), "# EOF", ""])


def _lines() -> Iterator[str]:
    named: dict[str, list[Measured]] = {}
    for one in series():
        named.setdefault(dict(one.labels)["__name__"], []).append(one)
    for name, group in named.items():
        yield f"# TYPE {name.removesuffix('_total')} {'counter' if name.endswith('_total') else 'gauge'}"
        for one in group:
            pairs = ",".join(f'{key}="{value}"' for key, value in one.labels if key != "__name__")
            for step, value in enumerate(one.values):
                yield f"{name}{{{pairs}}} {go_float(value)} {T0 + STEP_S * step}"
