import pytest
from django.test import Client
from django.utils import timezone

from monitoring.metrics import ingest
from monitoring.metrics.actions import store_tick
from monitoring.metrics.models import StoreState
from monitoring.metrics.retention import kept_days
from tests.monitoring.metrics.samples import NODE, add, labels_of

STORE = "/admin/metrics/storestate/1/change/"


@pytest.fixture(autouse=True)
def _filled(db: None) -> None:
    StoreState.objects.get_or_create(pk=1)
    now = ingest._now_ms()
    add((labels_of(n), now - 60_000, n) for n in range(3))
    store_tick(now=timezone.now())


def test_the_store_is_shown_in_numbers(ada_client: Client) -> None:
    page = ada_client.get(STORE).content.decode()
    assert "3, of which 3 in use" in page
    assert "scrape:node/a" in page


def test_who_may_changes_how_long_a_tier_is_kept(ada_client: Client) -> None:
    ada_client.post(STORE, {"raw_days": "14", "minute_days": "", "ten_minutes_days": "0", "hour_days": "400"})
    assert kept_days() == {"raw": 14, "1m": 0, "10m": 0, "1h": 400}


def test_raw_samples_are_kept_for_a_day_at_least(ada_client: Client) -> None:
    page = ada_client.post(STORE, {"raw_days": "0"}).content.decode()
    assert "greater than or equal to 1" in page
    assert StoreState.objects.get().raw_days is None


def test_an_operator_looks_and_does_not_change(otto_client: Client) -> None:
    assert otto_client.get(STORE).status_code == 200
    assert otto_client.post(STORE, {"raw_days": "14"}).status_code == 403


@pytest.mark.parametrize("model", ["series", "metricsource", "metricmetadata", "storestate"])
def test_lists_are_for_looking_at(otto_client: Client, model: str) -> None:
    assert otto_client.get(f"/admin/metrics/{model}/").status_code == 200


def test_a_source_shows_its_series(ada_client: Client) -> None:
    page = ada_client.get("/admin/metrics/metricsource/?q=node").content.decode()
    assert str(NODE.name) in page
