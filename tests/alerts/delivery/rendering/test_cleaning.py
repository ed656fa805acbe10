"""What hides, reorders or breaks text becomes visible, and nothing disappears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.rendering.cleaning import clean, named_apart, one_line, storable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a␀b"),
        ("\x1b[31m", "␛[31m"),
        ("\x7f", "␡"),
        ("\u202eexe.gnp", "[U+202E]exe.gnp"),
        ("\u2066x\u2069", "[U+2066]x[U+2069]"),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("\ud83d", "\ufffd"),
        ("\ud83d\udd25", "🔥"),
        ("مرحبا", "مرحبا"),
        ("👩‍👧", "👩‍👧"),
    ],
)
def test_a_text_is_shown_safely(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_everything_can_be_encoded_and_nothing_is_shorter(text: str) -> None:
    clean(text).encode()
    assert len(clean(storable(text)).replace("\n", "")) >= len(storable(text).replace("\r", "").replace("\n", ""))


def test_a_title_is_one_line() -> None:
    assert one_line(" a\r\n\tb\n") == "a b"


def test_names_that_have_become_the_same_keep_their_values() -> None:
    assert named_apart([("a", "1"), ("a", "2"), ("a", "3")]) == {"a": "1", "a (2)": "2", "a (3)": "3"}
