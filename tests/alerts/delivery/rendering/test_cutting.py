"""A cut is seen, fits, and splits nothing that is drawn as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.rendering.cutting import Unit, boundary, cut, cut_line, marker, size

PIECES = [
    "a",
    "é",
    "é",
    "Z̸̢̛",
    "🔥",
    "👍🏽",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇦🇹",
    "한",
    "각",
    "क्षि",
    "\n",
    " ",
    "ж",
    "\U0001d54f",
    "שלום",
    "1️⃣",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
UNITS = st.sampled_from(Unit)
ESCAPES = {ord("a"): "&amp;", ord("ж"): "\\ж", ord("\n"): "\n\n"}


@given(TEXTS, st.integers(0, 120), UNITS, st.sampled_from([{}, ESCAPES]))
def test_a_cut_text_is_never_longer_than_allowed(text: str, limit: int, unit: Unit, escapes: dict[int, str]) -> None:
    assert size(cut(text, limit, unit, escapes), unit) <= limit
    assert size(cut_line(text, limit, unit, escapes), unit) <= limit


@given(TEXTS, st.integers(0, 120), UNITS, st.sampled_from([{}, ESCAPES]))
def test_what_fits_is_left_alone(text: str, more: int, unit: Unit, escapes: dict[int, str]) -> None:
    whole = text.translate(escapes)
    assert cut(text, size(whole, unit) + more, unit, escapes) == whole


@given(st.text(min_size=60, max_size=300), st.integers(40, 59))
def test_what_was_cut_is_counted_exactly(text: str, limit: int) -> None:
    kept = cut(text, limit)
    missing = next(n for n in range(len(text) + 1) if kept.endswith(marker(n)))
    assert kept == text[: len(text) - missing] + marker(missing)


@given(TEXTS, st.integers(0, 80))
def test_no_cut_splits_what_is_drawn_as_one(text: str, at: int) -> None:
    regex = pytest.importorskip("regex", reason="UAX #29 by the package regex, which is not installed")
    ends = {match.end() for match in regex.finditer(r"\X", text)} | {0}
    assert boundary(text, min(at, len(text))) in ends


def test_a_tower_of_marks_is_split_at_last() -> None:
    assert boundary("a" + "\u0301" * 500, 300) == 300


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(0, ""), (1, "…"), (29, "…"), (30, "… (cut, 2,000 more characters)"), (33, "aaa… (cut, 1,997 more characters)")],
)
def test_the_mark_says_how_much_is_missing(limit: int, kept: str) -> None:
    assert cut("a" * 2_000, limit) == kept


def test_one_character_is_not_several() -> None:
    assert marker(1) == "… (cut, 1 more character)"
    assert marker(3_120, "alerts") == "… (cut, 3,120 more alerts)"


@pytest.mark.parametrize(("unit", "length"), [(Unit.CHARACTERS, 3), (Unit.UTF16, 4), (Unit.BYTES, 7)])
def test_a_length_depends_on_what_is_counted(unit: Unit, length: int) -> None:
    assert size("aж\U0001d54f", unit) == length


def test_a_megabyte_is_cut_without_being_looked_at() -> None:
    seen: list[int] = []

    class Watched(dict[int, str]):
        def __contains__(self, code: object) -> bool:
            seen.append(1)
            return super().__contains__(code)

    cut("a" * 1_000_000, 100, Unit.BYTES, Watched())
    assert len(seen) < 500
