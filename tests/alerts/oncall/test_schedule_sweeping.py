"""Gaps within 14 days are warned of once."""

from datetime import timedelta

from alerts.oncall import actions
from alerts.oncall.models import Schedule
from alerts.oncall.schedule_sweeping import gaps_sweep
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OFFICE = [{"weekday": None, "start": "09:00", "end": "17:00"}]


def warnings() -> list[str]:
    return list(Event.objects.filter(kind="alerts.schedule.gap").order_by("id").values_list("summary", flat=True))


def hole(found: Schedule, days: int) -> None:
    start = MONDAY + days * DAY
    actions.override_save(schedule=found, user=None, starts_at=start, ends_at=start + 2 * HOUR)


def test_a_gap_is_warned_of_with_when_and_how_long(ada: User) -> None:
    hole(schedule(layer(ada)), 3)
    gaps_sweep(MONDAY)
    assert warnings() == [
        "Nobody is on call in Web once within 14 days, first from 2026-11-26 09:00 UTC: 2.0 hours altogether"
    ]


def test_the_same_gap_is_warned_of_once(ada: User) -> None:
    hole(schedule(layer(ada)), 3)
    for days in range(4):
        gaps_sweep(MONDAY + days * DAY)
    assert len(warnings()) == 1


def test_a_gap_that_a_change_makes_is_looked_for_at_once(ada: User) -> None:
    found = schedule(layer(ada))
    gaps_sweep(MONDAY)
    hole(found, 3)
    assert gaps_sweep(MONDAY + HOUR) == MONDAY + HOUR + DAY
    assert len(warnings()) == 1


def test_a_second_gap_is_warned_of_too(ada: User) -> None:
    found = schedule(layer(ada))
    for days in (3, 6):
        hole(found, days)
        gaps_sweep(MONDAY)
    assert len(warnings()) == 2


def test_nights_without_anybody_by_design_do_not_warn_every_day(ada: User) -> None:
    schedule(layer(ada, restrictions=OFFICE))
    for days in range(5):
        gaps_sweep(MONDAY + days * DAY)
    [warning] = warnings()
    assert "14 times within 14 days" in warning


def test_a_gap_that_comes_into_view_is_warned_of(ada: User) -> None:
    hole(schedule(layer(ada)), 15)
    gaps_sweep(MONDAY)
    assert warnings() == []
    gaps_sweep(MONDAY + 2 * DAY)
    assert len(warnings()) == 1


def test_somebody_whose_account_is_off_leaves_a_gap(ada: User) -> None:
    schedule(layer(ada))
    User.objects.filter(pk=ada.pk).update(is_active=False)
    gaps_sweep(MONDAY)
    assert "first now: 336.0 hours" in warnings()[0]


def test_a_schedule_is_looked_at_once_a_day(ada: User) -> None:
    schedule(layer(ada))
    assert gaps_sweep(MONDAY) == MONDAY + DAY
    assert gaps_sweep(MONDAY + HOUR) == MONDAY + DAY
