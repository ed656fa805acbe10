from datetime import UTC, datetime, timedelta

import pytest

from alerts.incidents.episodes import Episode, EpisodeError, merged, posted, received

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMEOUT_S = 300.0


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


FIRING = Episode(at(-10), at(4), at(-1))


def test_an_alert_without_times_fires_from_now_for_the_resolve_timeout() -> None:
    assert received(None, None, None, NOON, TIMEOUT_S) == Episode(NOON, at(5), NOON, by_timeout=True)


def test_an_alert_that_is_sent_again_lasts_longer_and_keeps_its_start() -> None:
    first = received(None, None, None, NOON, TIMEOUT_S)
    again = received(first, None, None, at(4), TIMEOUT_S)
    assert again == Episode(NOON, at(9), at(4), by_timeout=True)


def test_an_end_without_a_start_is_its_start_too() -> None:
    assert posted(None, at(3), NOON, TIMEOUT_S) == Episode(at(3), at(3), NOON)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(EpisodeError, match="ends_at: "):
        posted(at(1), NOON, NOON, TIMEOUT_S)


def test_copies_that_overlap_have_the_earliest_start_and_the_latest_end() -> None:
    assert received(FIRING, at(-5), at(2), NOON, TIMEOUT_S) == Episode(at(-10), at(4), NOON)
    assert received(FIRING, at(-20), at(3), NOON, TIMEOUT_S) == Episode(at(-20), at(4), NOON)


def test_an_explicit_end_counts_more_than_one_by_timeout() -> None:
    by_timeout = Episode(at(-10), at(4), at(-1), by_timeout=True)
    assert received(by_timeout, at(-5), at(2), NOON, TIMEOUT_S) == Episode(at(-10), at(2), NOON)


def test_a_resolve_ends_it_whatever_end_it_had() -> None:
    assert received(FIRING, None, NOON, NOON, TIMEOUT_S) == Episode(at(-10), NOON, NOON)


def test_copies_that_do_not_overlap_are_two() -> None:
    assert received(FIRING, at(4), at(9), NOON, TIMEOUT_S) == Episode(at(4), at(9), NOON)


@pytest.mark.parametrize("old", [None, Episode(at(-10), at(-5), at(-5))])
def test_the_resolve_of_what_does_not_fire_says_nothing_new(old: Episode | None) -> None:
    assert received(old, at(-10), at(-5), NOON, TIMEOUT_S) is None


def test_what_fires_again_is_a_new_episode() -> None:
    over = Episode(at(-10), at(-5), at(-5))
    assert received(over, None, at(4), NOON, TIMEOUT_S) == Episode(at(4), at(4), NOON)
    assert received(over, NOON, at(4), NOON, TIMEOUT_S) == Episode(NOON, at(4), NOON)


def test_of_two_copies_that_are_over_the_later_end_counts() -> None:
    assert merged(Episode(at(-9), at(-1), at(-1)), Episode(at(-5), at(-2), NOON), NOON) == Episode(at(-9), at(-1), NOON)
