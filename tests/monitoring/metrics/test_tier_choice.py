import pytest

from monitoring.metrics.promql.storage import Hints
from monitoring.metrics.tier_choice import cheaper, choose

DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
NOW_MS = 1000 * DAY_MS
KEPT = {"raw": 30, "1m": 0, "10m": 90, "1h": 800}


def chosen(days: int, window_ms: int, step_ms: int = 0, until: int = 0) -> str:
    """The tier for a span that began so many days ago."""
    start_ms = NOW_MS - days * DAY_MS
    hints = Hints(start_ms, NOW_MS - until * DAY_MS, step_ms, window_ms, "rate" if window_ms else "")
    return choose(hints, start_ms, NOW_MS, KEPT).tier.name


@pytest.mark.parametrize(
    ("days", "window_ms", "tier"),
    [
        (0, 5 * MINUTE_MS, "raw"),
        (30, 5 * MINUTE_MS, "raw"),
        (31, HOUR_MS, "10m"),
        (90, HOUR_MS, "10m"),
        (91, 2 * HOUR_MS, "1h"),
        (900, 2 * HOUR_MS, "1h"),
    ],
)
def test_the_finest_tier_that_is_kept_answers(days: int, window_ms: int, tier: str) -> None:
    assert chosen(days, window_ms) == tier


def test_a_window_too_narrow_for_a_roll_up_reads_what_is_left_of_the_raw_samples() -> None:
    assert chosen(40, 5 * MINUTE_MS) == "raw"
    start_ms = NOW_MS - 40 * DAY_MS
    said = choose(Hints(start_ms, NOW_MS, 0, 5 * MINUTE_MS, "rate"), start_ms, NOW_MS, KEPT).said
    assert (
        said
        == "Raw samples are kept for 30 days; take a window or step of at least 2 times 10 minutes for what is older."
    )


def test_a_span_without_raw_samples_is_read_from_a_roll_up_whatever_the_window() -> None:
    assert chosen(40, 5 * MINUTE_MS, until=35) == "10m"


def test_a_wide_step_makes_a_roll_up_fit() -> None:
    assert chosen(40, 5 * MINUTE_MS, step_ms=HOUR_MS) == "10m"


def test_an_instant_selector_fits_any_roll_up() -> None:
    assert chosen(40, 0, step_ms=MINUTE_MS) == "10m"
    assert chosen(400, 0) == "1h"


def test_a_roll_up_answers_instead_of_too_many_raw_samples_only_if_it_fits() -> None:
    start_ms = NOW_MS - 20 * DAY_MS
    wide = cheaper(Hints(start_ms, NOW_MS, HOUR_MS, HOUR_MS, "rate"), start_ms, NOW_MS, KEPT)
    assert wide is not None
    assert wide.tier.name == "10m"
    assert cheaper(Hints(start_ms, NOW_MS, MINUTE_MS, 5 * MINUTE_MS, "rate"), start_ms, NOW_MS, KEPT) is None
