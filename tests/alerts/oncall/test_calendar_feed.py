"""The feed is a valid iCalendar with entries that keep their UIDs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar

from alerts.oncall.calendars.feed import Entry, calendar, window
from alerts.oncall.calendars.queries import entries
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
ENTRY = Entry(
    7, "Web, shop", 3, "Ada Lovelace", MONDAY, MONDAY + timedelta(weeks=1), NOW, "https://portal.example/oncall/web/"
)


def parsed(*found: Entry) -> Any:
    return Calendar.from_ical(calendar("On call: Web", found))


def test_a_program_that_knows_the_standard_reads_it() -> None:
    [event] = parsed(ENTRY).walk("VEVENT")
    assert event.errors == []
    assert (event["SUMMARY"], event["DTSTART"].dt, event["DTEND"].dt) == (
        "Ada Lovelace on call: Web, shop",
        MONDAY,
        MONDAY + timedelta(weeks=1),
    )


def test_times_are_written_in_utc_and_what_the_standard_requires_is_there() -> None:
    text = calendar("On call: Web", [ENTRY]).decode()
    for line in (
        "BEGIN:VCALENDAR\r\n", "VERSION:2.0\r\n", "PRODID:", "DTSTAMP:20261124T153000Z\r\n", "DTSTART:20261123T090000Z\r\n",
        "UID:7-3-20261123T090000Z@oncall.opsportal\r\n", "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", "X-PUBLISHED-TTL:PT1H\r\n",
        "SUMMARY:Ada Lovelace on call: Web\\, shop\r\n", "TRANSP:TRANSPARENT\r\n",
    ):  # fmt: skip
        assert line in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_calendar_without_entries_is_one_too() -> None:
    assert parsed().walk("VEVENT") == []


def test_the_window_is_of_whole_months_so_that_its_edges_stay() -> None:
    assert window(NOW) == (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
    assert window(NOW.replace(day=1)) == window(NOW.replace(day=30))


def test_the_next_reading_has_the_same_entries(ada: User, otto: User) -> None:
    found = schedule(layer(ada, otto))
    first, second = (calendar("x", entries([found], NOW + timedelta(hours=h), lambda _: "")) for h in (0, 5))
    assert first == second


def test_own_shifts_are_those_of_one_person(ada: User, otto: User) -> None:
    found = [schedule(layer(ada, otto)), schedule(layer(otto, ada), name="Database")]
    own = entries(found, NOW, lambda _: "", only=ada)
    assert {(one.person, one.schedule) for one in own} == {("ada", "Web"), ("ada", "Database")}
