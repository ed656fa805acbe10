"""Windows over events, against counting everything anew."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules.windows import Hit, counted, in_sequence

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def hit(second: int, value: str = "", hits: int = 1, fresh: bool = False) -> Hit:
    return Hit(NOW + timedelta(seconds=second), value, hits, fresh)


HITS = st.lists(
    st.builds(hit, st.integers(-120, 0), st.sampled_from("abc"), st.integers(1, 3), st.booleans()), max_size=25
).map(lambda hits: sorted(hits, key=lambda one: one.at))


@settings(max_examples=500, deadline=None)
@given(HITS, st.integers(1, 90), st.integers(1, 8), st.booleans())
def test_enough_is_enough_in_a_window_that_ends_now_or_at_a_fresh_hit(
    hits: list[Hit], seconds: int, enough: int, distinct: bool
) -> None:
    window = timedelta(seconds=seconds)

    def amount(place: int, end: datetime) -> int:
        inside = [one for one in hits[: place + 1] if end - window < one.at <= end]
        return len({one.value for one in inside}) if distinct else sum(one.hits for one in inside)

    naive = amount(len(hits) - 1, NOW) >= enough or any(
        one.fresh and amount(place, one.at) >= enough for place, one in enumerate(hits)
    )
    assert counted(hits, window, enough, distinct, NOW).enough is naive


STEPS = st.lists(st.builds(hit, st.integers(-60, 0), st.sampled_from("012")), max_size=14).map(
    lambda hits: sorted(hits, key=lambda one: one.at)
)


@settings(max_examples=500, deadline=None)
@given(STEPS, st.integers(1, 90))
def test_a_sequence_is_found_where_there_is_one(hits: list[Hit], seconds: int) -> None:
    window = timedelta(seconds=seconds)
    naive = any(
        (one.value, two.value, three.value) == ("0", "1", "2")
        and three.at - one.at < window
        and NOW - three.at < window
        for first, one in enumerate(hits)
        for second, two in enumerate(hits[first + 1 :], first + 1)
        for three in hits[second + 1 :]
    )
    assert in_sequence(hits, window, 3, NOW).enough is naive
