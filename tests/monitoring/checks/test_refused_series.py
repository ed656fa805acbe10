from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from monitoring.checks.refused_series import refused_series_tell
from monitoring.events.models import Event
from monitoring.metrics import ingest, store
from monitoring.metrics.ingest import Source
from monitoring.metrics.models import MetricSource

PUSHER = Source("push", "shop")


@pytest.fixture(autouse=True)
def _two_series_at_most(db: None, settings: Settings) -> None:
    settings.METRICS_SERIES_PER_SOURCE = 2


def send(*numbers: int) -> None:
    store.forget()
    ingest.resolve(PUSHER, [(("__name__", "m"), ("n", str(number))) for number in numbers])


def test_a_source_that_begins_to_be_refused_series_is_told_once() -> None:
    send(1, 2)
    assert refused_series_tell() == 0
    send(3, 4)
    assert refused_series_tell() == 1
    send(5)
    assert refused_series_tell() == 0
    event = Event.objects.get()
    assert (event.kind, event.severity, event.subject) == ("metrics.refused", "warning", "metrics:push:shop")
    assert event.summary.startswith("push:shop has 2 series, and new ones are refused: 2 is the most")
    assert event.payload["refused"] == 2


def test_it_is_told_again_after_a_day_of_peace() -> None:
    send(1, 2, 3)
    refused_series_tell()
    MetricSource.objects.update(refusal_told_at=timezone.now() - timedelta(days=2))
    send(4)
    assert refused_series_tell() == 1
