"""Durations and the notation of series."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.prometheus_files.durations import duration_s, duration_text, go_duration
from alerts.rules.prometheus_files.series_notation import NotationError, labels_of, values_of


@given(st.integers(min_value=1, max_value=10**12))
def test_a_duration_reads_back(ms: int) -> None:
    assert duration_s(duration_text(ms / 1000)) == ms / 1000


@pytest.mark.parametrize(
    ("seconds", "text"), [(90, "1m30s"), (86_400, "1d"), (7 * 86_400, "1w"), (8 * 86_400, "8d"), (0, "0s")]
)
def test_durations_are_written_as_prometheus_does(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize("text", ["", "5", "m", "5m1h", "-5m", "5 m"])
def test_what_is_no_duration(text: str) -> None:
    assert duration_s(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (300, "5m0s"), (3600, "1h0m0s"), (1.5, "1.5s"), (0.2, "200ms")]
)
def test_durations_as_go_prints_them(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text


@pytest.mark.parametrize("text", ["a", "1+1", "stale+1x3", "x3", "1x-1", "9x99999999"])
def test_values_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(NotationError):
        values_of(text)


@pytest.mark.parametrize("text", ["{", "up{a}", 'up{a=~"b"}', 'up{a="b" c="d"}', "up up", "up{a=}"])
def test_series_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(NotationError):
        labels_of(text)


def test_labels_of_a_series_are_sorted_and_empty_ones_left_out() -> None:
    assert labels_of('up{z="1",a="x\\ny",e=""}') == (("__name__", "up"), ("a", "x\ny"), ("z", "1"))
    assert labels_of("{}") == labels_of("") == ()
