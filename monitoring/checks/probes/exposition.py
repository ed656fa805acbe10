"""Samples of a page as far as a probe wants them: few, finite, and whatever else is on the page passed over. Pure.

A page that is to be taken as a whole is read by `monitoring.metrics.formats`, whose reading of a line this is.
"""

import math
from typing import NamedTuple

from monitoring.metrics.formats.errors import LineError
from monitoring.metrics.formats.sample_line import LineLimits, Pairs, read_series, read_tail

MOST_SAMPLES = 5_000
NAME = "__name__"


class Sampled(NamedTuple):
    name: str
    labels: dict[str, str]
    value: float


def parse(text: str) -> list[Sampled]:
    """The samples of a page, at most MOST_SAMPLES; lines that are none, and values that are not finite, are left out."""
    found: list[Sampled] = []
    shared: Pairs = {}
    for line in text.split("\n"):
        try:
            sample = _sample(line.strip().encode(), shared)
        except LineError:
            continue
        if math.isfinite(sample.value):
            found.append(sample)
        if len(found) == MOST_SAMPLES:
            break
    return found


def _sample(line: bytes, shared: Pairs) -> Sampled:
    """Raises LineError; for a comment too, since it does not begin with a name."""
    begin, pairs = read_series(line, LineLimits(), shared)
    labels = dict(pairs)
    return Sampled(labels.pop(NAME), labels, read_tail(line[begin:], openmetrics=False)[0])
