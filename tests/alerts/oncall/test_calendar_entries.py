"""Entries of iCalendar files: times, repetition, and what is wrong by line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.oncall.calendars.entries import MOST_BYTES, MOST_ENTRIES, Reading, read

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(days=400)


def file(*events: str) -> bytes:
    """A calendar; each event is lines between BEGIN and END, apart by spaces; ~ is a space in a line."""
    body = "".join(
        "BEGIN:VEVENT\r\n" + "\r\n".join(event.split()).replace("~", " ") + "\r\nEND:VEVENT\r\n" for event in events
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{body}END:VCALENDAR\r\n".encode()


def reading(*events: str) -> Reading:
    return read(file(*events), VIENNA, NOW, UNTIL)


def starts(*events: str) -> list[str]:
    found = reading(*events)
    assert found.faults == []
    return [f"{one.start:%m-%d %H:%M}" for one in found.entries]


def fault(*events: str) -> tuple[int, str]:
    [found] = reading(*events).faults
    return found


def test_an_entry_has_times_a_summary_and_addresses() -> None:
    text = "UID:a DTSTART:20261201T080000Z DTEND:20261202T080000Z SUMMARY:Ada ATTENDEE;CN=Ada:MAILTO:Ada@Example.org"
    [one] = reading(text).entries
    assert (one.key, one.start, one.end - one.start) == ("a", datetime(2026, 12, 1, 8, tzinfo=UTC), timedelta(days=1))
    assert (one.summary, one.addresses, one.line) == ("Ada", ("ada@example.org",), 4)


def test_times_with_a_zone_are_of_that_zone_and_times_without_of_the_schedules() -> None:
    tokyo = "UID:a DTSTART;TZID=Asia/Tokyo:20261201T090000 DURATION:PT1H"
    floating = "UID:b DTSTART:20261201T090000 DURATION:PT1H"
    assert starts(tokyo, floating) == ["12-01 00:00", "12-01 08:00"]


def test_names_of_zones_as_windows_has_them_are_known() -> None:
    assert starts("UID:a DTSTART;TZID=Romance~Standard~Time:20261201T090000 DURATION:PT1H") == ["12-01 08:00"]


def test_a_day_is_from_midnight_to_midnight_of_the_schedule() -> None:
    [one] = reading("UID:a DTSTART;VALUE=DATE:20261201").entries
    assert (one.start, one.end) == (datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 1, 23, tzinfo=UTC))


def test_what_is_over_is_only_counted() -> None:
    found = reading("UID:a DTSTART:20261101T080000Z DURATION:PT1H")
    assert (found.entries, found.past) == ([], 1)


def test_a_weekly_entry_keeps_its_wall_time_over_the_change() -> None:
    text = "UID:a DTSTART;TZID=Europe/Vienna:20270321T090000 DURATION:PT8H RRULE:FREQ=WEEKLY;COUNT=2"
    assert starts(text) == ["03-21 08:00", "03-28 07:00"]


def test_every_third_week_from_years_ago() -> None:
    text = "UID:a DTSTART:20160104T090000Z DURATION:P7D RRULE:FREQ=WEEKLY;INTERVAL=3;UNTIL=20270115T000000Z"
    assert starts(text) == ["12-07 09:00", "12-28 09:00"]


def test_weekdays_and_days_that_are_left_out() -> None:
    text = (
        "UID:a DTSTART:20261130T090000Z DURATION:PT8H RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=5 EXDATE:20261202T090000Z"
    )
    assert starts(text) == ["11-30 09:00", "12-04 09:00", "12-07 09:00", "12-09 09:00"]


def test_every_second_day_until_a_day_inclusive() -> None:
    text = "UID:a DTSTART:20261201T090000Z DURATION:PT8H RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20261205T090000Z"
    assert starts(text) == ["12-01 09:00", "12-03 09:00", "12-05 09:00"]


def test_one_time_of_a_repeated_entry_may_be_moved_or_cancelled() -> None:
    whole = "UID:a DTSTART:20261201T090000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=3"
    moved = "UID:a RECURRENCE-ID:20261202T090000Z DTSTART:20261202T150000Z DURATION:PT1H"
    gone = "UID:a RECURRENCE-ID:20261203T090000Z DTSTART:20261203T090000Z DURATION:PT1H STATUS:CANCELLED"
    assert starts(whole, moved, gone) == ["12-01 09:00", "12-02 15:00"]


def test_a_moved_time_keeps_its_key() -> None:
    whole = "UID:a DTSTART:20261201T090000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=2"
    moved = "UID:a RECURRENCE-ID:20261202T090000Z DTSTART:20261205T150000Z DURATION:PT1H"
    keys = [one.key for one in reading(whole, moved).entries]
    assert keys == [one.key for one in reading(whole).entries] == ["a/20261201T090000Z", "a/20261202T090000Z"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("UID:a DTEND:20261202T080000Z", "no DTSTART"),
        ("UID:a DTSTART:20261201T080000Z", "neither DTEND nor DURATION"),
        ("UID:a DTSTART:20261201T080000Z DTEND:20261201T070000Z", "has to come after the start"),
        ("UID:a DTSTART:2026x DURATION:PT1H", "DTSTART cannot be read"),
        ("UID:a DTSTART;TZID=Mars/Olympus:20261201T080000 DURATION:PT1H", "'Mars/Olympus' is not known"),
        ("UID:a DTSTART:20261201T080000Z DURATION:PT1H RRULE:FREQ=MONTHLY", "FREQ=MONTHLY"),
        ("UID:a DTSTART:20261201T080000Z DURATION:PT1H RRULE:FREQ=DAILY;BYHOUR=3", "BYHOUR"),
        ("UID:a DTSTART:20261201T080000Z DURATION:PT1H RRULE:FREQ=WEEKLY;BYDAY=2MO", "2MO"),
        ("UID:a DTSTART:20261201T080000Z DURATION:PT1H RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("UID:a DTSTART:20261201T080000Z DTSTART:20261202T080000Z DURATION:PT1H", "DTSTART more than once"),
        ("UID:a DTSTART;TZID=Asia/Tokyo:00010101T000000 DURATION:PT1H", "not between 1970 and 2199"),
        ("UID:a DTSTART:99991231T080000Z DURATION:P9D", "not between 1970 and 2199"),
        ("UID:a DTSTART:20261201T080000Z DURATION:long", "DURATION cannot be read"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_by_its_line_and_the_rest_is_read(event: str, words: str) -> None:
    found = reading("UID:ok DTSTART:20261201T080000Z DURATION:PT1H", event)
    [(line, said)] = found.faults
    assert (line, len(found.entries)) == (9, 1)
    assert words in said


def test_another_kind_of_file_is_refused() -> None:
    [(line, words)] = read(b"hello", VIENNA, NOW, UNTIL).faults
    assert (line, "BEGIN:VCALENDAR" in words) == (1, True)


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    [(_, words)] = read(file() + b" " * MOST_BYTES, VIENNA, NOW, UNTIL).faults
    assert "512 KB" in words


def test_repetition_is_bounded() -> None:
    daily = "DTSTART:20261201T{:02}0000Z DURATION:PT1H RRULE:FREQ=DAILY"
    found = reading(*(f"UID:{hour} " + daily.format(hour) for hour in range(6)))
    assert len(found.entries) == MOST_ENTRIES
    assert "too many" in found.faults[-1][1]
