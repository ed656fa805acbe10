"""What a run of scrapes comes to: a verdict, a sentence, values and evidence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.finding import Finding, judged
from monitoring.checks.probes.net import milliseconds
from monitoring.checks.probes.prometheus.scraping import Outcome
from monitoring.checks.probes.prometheus.storing import Recorder
from monitoring.checks.probes.prometheus.targets import Arranged
from monitoring.checks.status import SEVERITY
from opsportal.http import scrub

MOST_NAMED = 3
MOST_EVIDENCE = 50


@dataclass(slots=True)
class Run:
    """One run: what was to be scraped, what came of each, who wrote it down (nobody in a trial)."""

    found: Arranged
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    recorder: Recorder | None = None
    discovery_faults: list[str] = field(default_factory=list)


def result_of(run: Run) -> Result:
    """The Result, without memory."""
    outcomes = list(run.outcomes.values())
    failed = [one for one in outcomes if one.fault]
    findings = [*_of_targets(outcomes, failed), *_of_discovery(run, outcomes), *_of_the_store(run, outcomes)]
    return judged(findings, _well(outcomes), values=_values(outcomes, failed, run), evidence=_evidence(run, outcomes))


def _well(outcomes: Sequence[Outcome]) -> str:
    kept = sum(one.kept for one in outcomes)
    slowest = milliseconds(max((one.duration_s for one in outcomes), default=0.0))
    if len(outcomes) == 1:
        return f"{kept:,} samples in {slowest}"
    return f"{len(outcomes)} of {len(outcomes)} targets answered: {kept:,} samples, the slowest in {slowest}"


def _of_targets(outcomes: Sequence[Outcome], failed: Sequence[Outcome]) -> Iterable[Finding]:
    gravest_first = sorted(failed, key=lambda one: -SEVERITY[_fault(one).verdict])
    if not failed:
        return
    words = "; ".join([_named(one, alone=len(outcomes) == 1) for one in gravest_first[:MOST_NAMED]])
    if len(failed) > MOST_NAMED:
        words += f"; and {len(failed) - MOST_NAMED} more"
    worst = _fault(gravest_first[0])
    verdict = worst.verdict if len(failed) == len(outcomes) else Status.DEGRADED
    if len(outcomes) > 1:
        words = f"{len(outcomes) - len(failed)} of {len(outcomes)} targets answered; {words}"
    yield Finding(verdict, worst.cause, words)


def _fault(outcome: Outcome) -> Finding:
    return outcome.fault or Finding(Status.UP, Cause.NONE, "")


def _named(outcome: Outcome, *, alone: bool) -> str:
    """What is wrong with a target, its name before it unless the words have it."""
    words, instance = _fault(outcome).words, outcome.scraper.target.instance
    if instance not in words:
        return f"{instance}: {words}"
    return words[:1].upper() + words[1:] if alone else words


def _of_discovery(run: Run, outcomes: Sequence[Outcome]) -> Iterable[Finding]:
    faults = run.discovery_faults + list(run.found.faults)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        verdict = Status.DEGRADED if outcomes else Status.UNKNOWN
        yield Finding(verdict, Cause.MISCONFIGURED, f"{faults[0]}{more}")
    elif not outcomes:
        dropped = len(run.found.dropped)
        words = f"Relabelling drops all {dropped} targets" if dropped else "Discovery names no target"
        yield Finding(Status.UNKNOWN, Cause.MISSING, words)


def _of_the_store(run: Run, outcomes: Sequence[Outcome]) -> Iterable[Finding]:
    if run.recorder and run.recorder.fault:
        yield Finding(Status.UNKNOWN, Cause.INTERNAL, f"The samples could not be stored ({run.recorder.fault})")
    told = [detail for one in outcomes for detail in one.scraper.refusals]
    if told:
        yield Finding(Status.DEGRADED, Cause.TOO_LARGE, told[0])


def _values(outcomes: Sequence[Outcome], failed: Sequence[Outcome], run: Run) -> dict[str, float]:
    samples = [one.samples for one in outcomes if one.samples]
    lost = run.recorder.lost if run.recorder else 0
    found = {
        "targets": len(outcomes),
        "targets_up": len(outcomes) - len(failed),
        "targets_down": len(failed),
        "samples": sum(one.kept for one in outcomes),
        "samples_scraped": sum(one.scraped.count for one in outcomes if one.scraped),
        "samples_refused": sum(one.refused for one in samples) + lost,
        "samples_duplicate": sum(one.duplicates for one in samples),
        "series_added": sum(one.added for one in outcomes),
        "slowest_seconds": max((one.duration_s for one in outcomes), default=0.0),
        "page_bytes": sum(one.body_bytes for one in outcomes),
    }
    return {name: float(value) for name, value in found.items()}


def _evidence(run: Run, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    shown = sorted(outcomes, key=lambda one: one.fault is None)[:MOST_EVIDENCE]
    evidence: dict[str, Any] = {"targets": [_told(one) for one in shown]}
    if len(outcomes) > len(shown):
        evidence["targets_not_shown"] = len(outcomes) - len(shown)
    if run.found.dropped:
        evidence["targets_dropped"] = len(run.found.dropped)
    if faults := run.discovery_faults + list(run.found.faults):
        evidence["discovery"] = faults[:MOST_EVIDENCE]
    if refused := [detail for one in outcomes for detail in one.scraper.refusals]:
        evidence["refused"] = refused[:MOST_EVIDENCE]
    return evidence


def _told(outcome: Outcome) -> dict[str, Any]:
    target = outcome.scraper.target
    said: dict[str, Any] = {"error": outcome.fault.words} if outcome.fault else {"samples": outcome.kept}
    return {
        "job": target.job,
        "instance": target.instance,
        "url": scrub(target.url),
        "seconds": round(outcome.duration_s, 6),
    } | said
