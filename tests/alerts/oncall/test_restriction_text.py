"""Restrictions as people write them."""

import pytest

from alerts.oncall.restriction_text import restrictions_of_text, text_of_restrictions


def one(weekday: int | None, start: str = "09:00", end: str = "17:00") -> dict[str, object]:
    return {"weekday": weekday, "start": start, "end": end}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("daily 22:00 to 06:00", [one(None, "22:00", "06:00")]),
        ("Mon-Wed 9:00 to 17:00", [one(0), one(1), one(2)]),
        ("sat sun 00:00-00:00", [one(5, "00:00", "00:00"), one(6, "00:00", "00:00")]),
        ("Fri 09:00 to 17:00\n\ndaily 09:00 to 17:00", [one(4), one(None)]),
    ],
)
def test_lines_are_understood(text: str, found: list[dict[str, object]]) -> None:
    assert restrictions_of_text(text) == found


@pytest.mark.parametrize("text", ["Mon", "Funday 09:00 to 17:00", "09:00"])
def test_a_line_that_is_not_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"Line 2: .* Write it as: Mon-Fri"):
        restrictions_of_text(f"daily 09:00 to 17:00\n{text}")


@pytest.mark.parametrize(
    "text", ["daily 22:00 to 06:00", "Mon-Fri 09:00 to 17:00\nSat Sun 10:00 to 12:00", "Mon Wed-Fri 09:00 to 17:00"]
)
def test_what_is_stored_is_written_as_it_was_entered(text: str) -> None:
    assert text_of_restrictions(restrictions_of_text(text)) == text
