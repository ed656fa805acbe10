"""Spans of a day as people write them."""

import pytest

from alerts.oncall.window_text import text_of_window, window_of_text

OFFICE = {"time_zone": "Europe/Vienna", "weekdays": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}


@pytest.mark.parametrize(
    "text",
    [
        "Mon-Fri 09:00 to 17:00 Europe/Vienna",
        "mon-fri 9:00 - 17:00 Europe/Vienna",
        "Mon, Tue, Wed Thu Fri 09:00 to 17:00 Europe/Vienna",
        "Monday-Friday 09:00-17:00 Europe/Vienna",
    ],
)
def test_days_may_be_written_in_several_ways(text: str) -> None:
    assert window_of_text(text) == OFFICE


def test_no_days_are_every_day() -> None:
    assert window_of_text("22:00 to 06:00 UTC") == window_of_text("daily 22:00 to 06:00 UTC")


def test_days_may_go_over_the_end_of_the_week() -> None:
    found = window_of_text("Sat-Mon 00:00 to 00:00 UTC")
    assert found is not None
    assert found["weekdays"] == [0, 5, 6]


def test_what_is_written_out_reads_as_it_was() -> None:
    assert window_of_text(text_of_window(OFFICE)) == OFFICE
    assert window_of_text(text_of_window(None)) is None


@pytest.mark.parametrize("text", ["nights", "Mon 9 to 17 UTC", "Foo 09:00 to 17:00 UTC", "09:00 to 17:00"])
def test_nonsense_is_answered_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="09:00 to 17:00"):
        window_of_text(text)
