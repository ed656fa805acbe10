"""What a probe found wrong in itself, whatever the thresholds say."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.status import SEVERITY


class Finding(NamedTuple):
    """One thing amiss: how grave, why, and a sentence."""

    verdict: Status
    cause: Cause
    words: str


def judged(
    found: Iterable[Finding],
    well: str,
    *,
    values: dict[str, float],
    evidence: dict[str, Any],
    memory: Mapping[str, Any] | None = None,
) -> Result:
    """The Result of a run that got its answers: the gravest finding speaks, all are evidence; `well` is said when there is none."""
    kept = None if memory is None else dict(memory)
    gravest_first = sorted(found, key=lambda finding: -SEVERITY[finding.verdict])
    if not gravest_first:
        return Result(Status.UP, well, values=values, evidence=evidence, memory=kept)
    worst = gravest_first[0]
    evidence = evidence | {"findings": [finding.words for finding in gravest_first]}
    return Result(worst.verdict, worst.words, worst.cause, values, evidence, kept)
