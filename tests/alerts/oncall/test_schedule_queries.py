"""Who is on call now and next, in a few statements."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.oncall import actions
from alerts.oncall.queries import final_schedule, next_on_call, now_and_next, on_call
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
OFFICE = [{"weekday": None, "start": "09:00", "end": "17:00"}]


def test_whoever_has_the_shift_is_on_call(ada: User, otto: User) -> None:
    found = schedule(layer(ada, otto))
    assert on_call(found, MONDAY + 8 * DAY) == [otto]


def test_nobody_is_on_call_before_the_schedule_begins(ada: User) -> None:
    assert on_call(schedule(layer(ada)), MONDAY - DAY) == []


def test_somebody_whose_account_is_off_cannot_be_told(ada: User) -> None:
    found = schedule(layer(ada))
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert on_call(found, MONDAY) == []


def test_on_the_night_the_clock_is_set_back_both_are_on_call(ada: User, otto: User) -> None:
    start = MONDAY.replace(month=10, day=24, hour=0, minute=30)  # 02:30 in Vienna, which comes twice a day later
    found = schedule(layer(ada, otto, rotation="daily", starts_at=start), time_zone="Europe/Vienna")
    assert on_call(found, start + DAY + timedelta(minutes=10)) == [ada, otto]


def test_the_next_turn_is_of_somebody_else_and_passes_over_gaps(ada: User, otto: User) -> None:
    found = schedule(layer(ada, otto, rotation="daily", restrictions=OFFICE))
    turn = next_on_call(found, MONDAY)
    assert turn is not None
    assert (turn.people, turn.start - MONDAY) == ((otto,), DAY)


def test_the_next_turn_is_found_months_ahead(ada: User, otto: User) -> None:
    found = schedule(layer(ada, otto, rotation="monthly", length=6))
    turn = next_on_call(found, MONDAY)
    assert turn is not None
    assert (turn.people, turn.start.month) == ((otto,), 5)


def test_there_is_no_next_turn_where_one_person_is_always_on_call(ada: User) -> None:
    [found] = now_and_next([schedule(layer(ada))], MONDAY)
    assert (found.now.people, found.now.end, found.next) == ((ada,), None, None)


def test_a_gap_is_a_turn_of_nobody_that_ends(ada: User) -> None:
    [found] = now_and_next([schedule(layer(ada))], MONDAY - DAY)
    assert (found.now.people, found.now.end) == ((), MONDAY)
    assert found.next is not None
    assert found.next.people == (ada,)


def test_the_final_schedule_has_gaps_and_overrides(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    actions.override_save(schedule=found, user=otto, starts_at=MONDAY + DAY, ends_at=MONDAY + 2 * DAY)
    stretches = final_schedule(found, MONDAY - DAY, MONDAY + WEEK)
    assert [one.people for one in stretches] == [(), (ada.pk,), (otto.pk,), (ada.pk,)]


def test_many_schedules_take_as_many_statements_as_one(ada: User, otto: User) -> None:
    found = [schedule(layer(ada, otto), name=f"Web {number}") for number in range(5)]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        now_and_next(found, MONDAY)
    assert len(asked) == 4
