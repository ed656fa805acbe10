"""The next working hours, on the wall's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.incidents.working_hours import next_working_hours

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2026, 3, 2, 3, 0), datetime(2026, 3, 2, 9, 0)),  # a Monday night
        (datetime(2026, 3, 2, 9, 0), datetime(2026, 3, 3, 9, 0)),
        (datetime(2026, 3, 6, 18, 0), datetime(2026, 3, 9, 9, 0)),  # a Friday evening
        (datetime(2026, 3, 28, 12, 0), datetime(2026, 3, 30, 9, 0)),  # over the night that the clock is set forward
    ],
)
def test_it_is_nine_oclock_of_the_next_working_day(now: datetime, then: datetime) -> None:
    found = next_working_hours(now.replace(tzinfo=VIENNA), VIENNA)
    assert found == then.replace(tzinfo=VIENNA)


def test_the_answer_is_in_the_zone_of_the_question() -> None:
    assert next_working_hours(datetime(2026, 3, 2, 3, 0, tzinfo=UTC), VIENNA) == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
