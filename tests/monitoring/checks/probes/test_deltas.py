"""Windowed changes of counters."""

from hypothesis import given
from hypothesis import strategies as st

from monitoring.checks.probes.deltas import WINDOW_S, Window, observe


def noted(*samples: tuple[float, float], epoch: str = "a") -> Window:
    window = observe(None, samples[0][0], epoch, {"n": samples[0][1]})
    for at, count in samples[1:]:
        window = observe(window.as_memory(), at, epoch, {"n": count})
    return window


def test_one_sample_has_no_change() -> None:
    assert noted((0, 5)).change("n") is None


def test_a_change_is_counted_from_the_oldest_sample_of_the_window() -> None:
    window = noted((0, 5), (60, 7), (120, 11))
    assert (window.change("n"), window.change("n", over_s=60)) == (6, 4)
    assert window.rate("n") == 6 / 120


def test_a_counter_that_fell_and_another_life_of_the_server_begin_anew() -> None:
    window = noted((0, 5), (60, 7))
    assert observe(window.as_memory(), 120, "a", {"n": 1}).change("n") is None
    assert observe(window.as_memory(), 120, "b", {"n": 900}).change("n") is None


def test_a_clock_that_went_back_begins_anew() -> None:
    assert noted((60, 5), (0, 7)).change("n") is None


def test_a_check_of_every_hour_compares_with_its_last_run() -> None:
    assert noted((0, 5), (3600, 7), (7200, 17)).change("n") == 10


def test_a_check_of_every_second_keeps_few_samples() -> None:
    window = noted(*((float(second), float(second)) for second in range(3000)))
    assert len(window.samples) <= WINDOW_S / 30 + 2
    assert window.change("n", over_s=300) is not None


def test_a_share_of_too_few_is_not_told() -> None:
    first = observe(None, 0, "a", {"hit": 0, "miss": 0})
    second = observe(first.as_memory(), 60, "a", {"hit": 30, "miss": 10})
    assert second.share("hit", "miss", least=100) is None
    assert second.share("hit", "miss", least=40) == 0.75


def test_memory_of_another_shape_is_dropped() -> None:
    strange: list[object] = [
        [],
        {"epoch": "a", "names": ["n"], "samples": "x"},
        {"epoch": "a", "names": ["m"], "samples": [[0, 1]]},
    ]
    for memory in strange:
        assert observe(memory, 10, "a", {"n": 3}).change("n") is None


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e15)), min_size=1, max_size=30))
def test_a_change_is_never_negative(samples: list[tuple[float, float]]) -> None:
    assert (noted(*samples).change("n") or 0) >= 0
