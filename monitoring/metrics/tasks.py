"""Celery tasks of this room: an action each."""

from celery import shared_task
from django.utils import timezone

from monitoring.metrics.actions import store_hourly, store_tick


@shared_task
def compact_tick() -> None:
    """Close what is due, merge what is finished."""
    store_tick(now=timezone.now())


@shared_task
def upkeep_tick() -> None:
    """Drop what is over, count what is in use."""
    store_hourly(now=timezone.now())
