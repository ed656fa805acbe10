"""Text as Go writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql.quoting import escape_problem, float_text, go_quote, labels_text, unquote


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (-0.0, "-0"),
        (1e21, "1" + "0" * 21),
        (1.5e-7, "0.00000015"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Inf"),
    ],
)
def test_floats_have_no_exponent(value: float, text: str) -> None:
    assert float_text(value) == text


@given(st.floats(allow_nan=False))
def test_a_float_reads_back_as_itself(value: float) -> None:
    assert float(float_text(value)) == value
    assert "e" not in float_text(value)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("a", '"a"'), ('a"b\\', r'"a\"b\\"'), ("é\n\x00", r'"é\n\x00"'), ("\u200b", r'"\u200b"')],
)
def test_strings_are_quoted(text: str, quoted: str) -> None:
    assert go_quote(text) == quoted


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_quoted_is_unquoted(text: str) -> None:
    assert escape_problem(go_quote(text)) == ""
    assert unquote(go_quote(text)) == text


def test_label_sets_are_printed_as_in_errors() -> None:
    assert labels_text((("__name__", "up"), ("job", 'a"b'))) == '{__name__="up", job="a\\"b"}'
