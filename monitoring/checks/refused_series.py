"""Tells the timeline of sources of metrics that are at their cap: the room of metrics knows no events."""

from django.conf import settings
from django.db import transaction

from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from monitoring.metrics.refusals import Refusing, refusals_claim


@transaction.atomic
def refused_series_tell() -> int:
    """One event for each source that began to be refused series; how many."""
    found = refusals_claim()
    for one in found:
        event_emit(
            kind="metrics.refused",
            severity=Severity.WARNING,
            subject=f"metrics:{one.source}",
            summary=_summary(one),
            payload={"series": one.series, "refused": one.refused, "most": settings.METRICS_SERIES_PER_SOURCE},
        )
    return len(found)


def _summary(one: Refusing) -> str:
    return (
        f"{one.source} has {one.series:,} series, and new ones are refused: {settings.METRICS_SERIES_PER_SOURCE:,} is the most"
        " that a source may have (METRICS_SERIES_PER_SOURCE). Drop labels with many values, or raise it."
    )
