import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.prometheus.envelope import ApiError
from monitoring.metrics.prometheus.parameters import (
    GREATEST_MS,
    LEAST_MS,
    Parameters,
    UnreadableError,
    duration_ms,
    label_name,
    time_ms,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("1435781430.781", 1_435_781_430_781),
        ("0.0005", 1),
        ("0.0004", 0),
        ("-1.5", -1500),
        ("1e3", 1_000_000),
        (".5", 500),
        ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
        ("2015-07-01T20:10:51.781999Z", 1_435_781_451_781),
        ("2015-07-01T20:10:51+02:00", 1_435_774_251_000),
        ("2015-07-01T20:10:51-00:30", 1_435_783_251_000),
        ("1969-12-31T23:59:59.5Z", -500),
        ("-292273086-05-16T16:47:06Z", LEAST_MS),
        ("292277025-08-18T07:12:54.999999999Z", GREATEST_MS),
    ],
)
def test_a_time_is_unix_seconds_or_rfc_3339(text: str, expected: int) -> None:
    assert time_ms(text) == expected


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_time_in_seconds_with_decimals_loses_no_millisecond(expected: int) -> None:
    assert abs(time_ms(f"{expected / 1000:.3f}") - expected) <= 1  # Go cuts nanoseconds, and so do we


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "NaN",
        "inf",
        "1e300",
        "-1e14",
        "1_000",
        " 1",
        "٣",
        "2015-07-01",
        "2015-07-01T20:10:51",
        "2015-02-30T00:00:00Z",
        "2015-07-01t20:10:51z",
        "0x10",
        "1e",
        "--1",
        "9" * 400,
        "2015-07-01T24:00:00Z",
    ],
)
def test_no_other_text_is_a_time(text: str) -> None:
    with pytest.raises(UnreadableError, match="to a valid timestamp"):
        time_ms(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15", 15000),
        ("0.5", 500),
        ("-1", -1000),
        ("1h30m", 5400000),
        ("1y1w1d1h1m1s1ms", 32230861001),
        ("0", 0),
        ("100ms", 100),
        ("0.0001", 0.1),
        ("1e1", 10000),
        ("0s", 0),
    ],
)
def test_a_duration_is_seconds_or_units(text: str, expected: float) -> None:
    assert duration_ms(text) == expected


@pytest.mark.parametrize("text", ["", "x", "1h1d", "1.5h", "5 m", "m", "NaN", "-5m", "1e300", "999999999999y", "1h30"])
def test_no_other_text_is_a_duration(text: str) -> None:
    with pytest.raises(UnreadableError, match="to a valid duration"):
        duration_ms(text)


def test_a_posted_field_goes_before_one_of_the_address() -> None:
    parameters = Parameters(
        {"query": ["posted"], "match[]": ["a"]}, {"query": ["asked"], "match[]": ["b"], "time": ["1"]}
    )
    assert (parameters.text("query"), parameters.all("match[]"), parameters.text("time")) == ("posted", ["a", "b"], "1")


@pytest.mark.parametrize(("text", "expected"), [("", 0), ("0", 0), ("7", 7), ("+7", 7)])
def test_a_limit_is_a_number_and_none_means_all(text: str, expected: int) -> None:
    assert Parameters({"limit": [text]}).limit() == expected


@pytest.mark.parametrize("text", ["x", "1.5", "-1", "9" * 30])
def test_no_other_limit_is_taken(text: str) -> None:
    with pytest.raises(ApiError, match="limit"):
        Parameters({"limit": [text]}).limit()


@pytest.mark.parametrize("text", ["", "a-b", "1a", "a b", "<x>", "é"])
def test_a_label_has_a_plain_name(text: str) -> None:
    with pytest.raises(ApiError, match="invalid label name"):
        label_name(text)
