"""Celery tasks of this room: an action each."""

from celery import shared_task
from django.utils import timezone

from monitoring.checks.refused_series import refused_series_tell
from monitoring.checks.retention import retention
from monitoring.checks.rolling import rollup


@shared_task
def rollup_tick() -> None:
    """Bring the roll-ups up to now."""
    rollup(timezone.now())


@shared_task
def partitions_tick() -> None:
    """Make partitions ahead and drop those that are over."""
    retention(timezone.now())


@shared_task
def refused_series_tick() -> None:
    """Tell of sources of metrics that are at their cap."""
    refused_series_tell()
