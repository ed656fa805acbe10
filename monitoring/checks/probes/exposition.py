"""The Prometheus text format, as much of it as a probe reads: samples; comments and times are passed over. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import math
import re
from typing import NamedTuple

from monitoring.checks.value_names import split_name

LINE = re.compile(r'([A-Za-z_:][A-Za-z0-9_:]*)[ \t]*(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)')
MOST_SAMPLES = 5_000


class Sampled(NamedTuple):
    name: str
    labels: dict[str, str]
    value: float


def parse(text: str) -> list[Sampled]:
    """The samples of a page, at most MOST_SAMPLES; lines that are none, and values that are not finite, are left
    out."""
    found: list[Sampled] = []
    for line in text.splitlines():
        match = LINE.match(line.strip()) if not line.lstrip().startswith("#") else None
        value = _number(match[3]) if match else None
        if match and value is not None:
            found.append(Sampled(match[1], split_name(match[1] + (match[2] or ""))[1], value))
        if len(found) == MOST_SAMPLES:
            break
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
