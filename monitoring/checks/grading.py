"""From what a probe returned to what counts: finite values, thresholds applied, the words for them put first. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from monitoring.checks.choices import Cause
from monitoring.checks.probes.base import Result, Value
from monitoring.checks.status import Crossing, worsened
from monitoring.checks.value_names import split_name
from opsportal.units import humanise


def graded(result: Result, thresholds: Sequence[Mapping[str, Any]], declared: Mapping[str, Value]) -> Result:
    """The result with its verdict, cause and summary after thresholds. `declared` are the kind's values, for labels and units."""
    values = {name: value for name, value in result.values.items() if math.isfinite(value)}
    crossing = worsened(result.verdict, thresholds, values)
    if crossing is None:
        return replace(result, values=values)
    summary = f"{words_of(crossing, declared)}. {result.summary}"
    return replace(result, values=values, verdict=crossing.status, cause=Cause.THRESHOLD, summary=summary)


def words_of(crossing: Crossing, declared: Mapping[str, Value]) -> str:
    """`Disk used / is 97 %, at least 95 %`."""
    name, labels = split_name(crossing.name)
    value = declared.get(name, Value(name, ""))
    subject = " ".join([value.label, *labels.values()])
    shown, bound = humanise(crossing.value, value.unit), humanise(crossing.bound, value.unit)
    return f"{subject} is {shown}, {crossing.comparator.label} {bound}"
