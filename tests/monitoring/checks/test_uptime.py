from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.checks.models import StatusRollup
from monitoring.checks.rollups import DAY_S, HOUR_S, SLOT_S
from monitoring.checks.uptime import uptime, uptimes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def slot(check_id: int | None, tier_s: int = SLOT_S, hours_ago: float = 1, service_id: int = 1, **fields: Any) -> None:
    start = NOW - timedelta(hours=hours_ago)
    StatusRollup.objects.create(tier_s=tier_s, start=start, service_id=service_id, check_id=check_id, **fields)


def test_each_check_has_its_own_share_of_each_span() -> None:
    slot(7, up_s=600, degraded_s=75, down_s=225, runs=15)
    slot(8, up_s=450, unknown_s=450)
    slot(7, tier_s=HOUR_S, hours_ago=100, up_s=3600)
    found = uptimes(NOW, service_id=1)
    day = found[7]["24h"]
    assert (day.ratio, day.observed, day.down_s, day.runs) == (0.75, 1.0, 225.0, 15)
    assert found[7]["7d"].ratio == 1.0
    assert (found[8]["24h"].ratio, found[8]["24h"].observed) == (1.0, 0.5)
    assert "7d" not in found[8]


def test_slots_of_the_service_of_others_and_of_long_ago_do_not_count() -> None:
    slot(None, up_s=900)
    slot(9, service_id=2, up_s=900)
    slot(7, hours_ago=25, down_s=900)
    assert uptimes(NOW, service_id=1) == {}


def test_all_checks_together_are_told_what_one_is_told() -> None:
    slot(7, up_s=600, down_s=300, runs=3)
    slot(7, tier_s=DAY_S, hours_ago=48, up_s=80_000, down_s=6_400, runs=9)
    many, one = uptimes(NOW, service_id=1)[7], uptime(NOW, service_id=1, check_id=7)
    for name in ("24h", "30d", "90d"):
        assert (many[name].ratio, many[name].down_s, many[name].runs) == (
            one[name].ratio,
            one[name].down_s,
            one[name].runs,
        )


def test_more_checks_take_no_more_than_a_statement_a_span() -> None:
    for check_id in range(20):
        slot(check_id, up_s=900)
    with CaptureQueriesContext(connection) as statements:
        assert len(uptimes(NOW, service_id=1)) == 20
    assert len(statements) == 4
