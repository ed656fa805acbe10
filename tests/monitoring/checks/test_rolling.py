from datetime import UTC, datetime, timedelta

import pytest

from monitoring.checks.choices import Status
from monitoring.checks.models import Check, CheckState, Service, ServiceState, StatusChange, StatusRollup
from monitoring.checks.retention import CHANGES, retention
from monitoring.checks.rolling import rollup
from monitoring.checks.uptime import uptime
from monitoring.metrics.store import Sample, labels_of, write
from opsportal.partitions import existing

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minute(n: float) -> datetime:
    return NOON + timedelta(minutes=n)


@pytest.fixture
def check(db: None) -> Check:
    """A check that has been up since before noon."""
    service = Service.objects.create(name="Shop", slug="shop")
    check = Check.objects.create(service=service, name="home", slug="home", kind="http")
    CheckState.objects.create(check_ref=check, status=Status.UP, confirmed=Status.UP)
    ServiceState.objects.create(service=service, status=Status.UP)
    return check


def turned(check: Check, time: datetime, before: Status, after: Status) -> None:
    StatusChange.objects.create(time=time, service_id=check.service_id, check_id=check.pk, before=before, after=after)
    CheckState.objects.filter(pk=check.pk).update(status=after)


def test_an_outage_is_counted_in_its_slots(check: Check) -> None:
    rollup(minute(1))
    turned(check, minute(10), Status.UP, Status.DOWN)
    turned(check, minute(20), Status.DOWN, Status.UP)
    rollup(minute(31))
    down = {row.start: row.down_s for row in StatusRollup.objects.filter(check_id=check.pk, tier_s=900)}
    assert down == {minute(0): 300, minute(15): 300, minute(30): 0}


def test_doing_it_again_changes_nothing(check: Check) -> None:
    rollup(minute(1))
    rollup(minute(40))
    before = list(StatusRollup.objects.order_by("tier_s", "start", "check_id").values("tier_s", "start", "up_s"))
    rollup(minute(40))
    assert before == list(
        StatusRollup.objects.order_by("tier_s", "start", "check_id").values("tier_s", "start", "up_s")
    )


def test_hours_and_days_are_the_sums_of_their_slots(check: Check) -> None:
    write(
        Sample("check_duration_seconds", labels_of({"service": "shop", "check": "home"}), minute(n), 0.1)
        for n in range(60)
    )
    rollup(minute(0))
    rollup(minute(59.9))
    for tier_s in (3600, 86_400):
        row = StatusRollup.objects.get(check_id=check.pk, tier_s=tier_s)
        assert (round(row.up_s), row.runs) == (3594, 60)
        assert sum(row.latency.values()) == 60


def test_the_latency_of_a_service_is_that_of_its_checks(check: Check) -> None:
    write([Sample("check_duration_seconds", labels_of({"service": "shop", "check": "home"}), minute(1), 0.5)])
    rollup(minute(2))
    row = StatusRollup.objects.of_services().get(tier_s=900)
    assert (row.runs, row.latency_max_s) == (1, 0.5)


def test_uptime_is_read_from_the_rollups(check: Check) -> None:
    write(
        Sample("check_duration_seconds", labels_of({"service": "shop", "check": "home"}), minute(n), 0.2)
        for n in range(30)
    )
    rollup(minute(1))
    turned(check, minute(15), Status.UP, Status.DOWN)
    rollup(minute(30))
    spans = uptime(minute(30), service_id=check.service_id, check_id=check.pk)
    assert {name: span.ratio for name, span in spans.items()} == dict.fromkeys(
        ["24h", "7d", "30d", "90d"], pytest.approx(0.5)
    )
    assert spans["24h"].latency_p95_s == pytest.approx(0.2, rel=0.25)


def test_where_nothing_was_observed_there_is_no_number(check: Check) -> None:
    assert uptime(NOON, service_id=check.service_id)["24h"].ratio is None


def test_partitions_are_made_ahead_and_dropped_when_they_are_over(db: None) -> None:
    assert "checks_statuschange_202603" in retention(NOON)["made"]
    assert retention(NOON)["made"] == []
    later = NOON + timedelta(days=500)
    assert "checks_statuschange_202603" in retention(later)["dropped"]
    assert "checks_statuschange_202603" not in existing(CHANGES)


def test_rows_of_the_default_partition_move_when_theirs_is_made(check: Check) -> None:
    turned(check, minute(1), Status.UP, Status.DOWN)
    retention(NOON)
    assert StatusChange.objects.count() == 1
