"""The limits of what people and channels are told."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.throttle import LIMITS, Scope, hold, scopes

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def of(kind: str, *, contact: int | None = 3, interval_s: float = 0.0) -> list[Scope]:
    return scopes(kind=kind, channel=1, contact=contact, least_interval_s=interval_s)


def until(wanted: list[Scope], sent: dict[str, list[datetime]], now: datetime) -> datetime | None:
    found = hold(wanted, sent, now)
    return found.until if found else None


def test_one_a_minute_for_one_contact() -> None:
    wanted = of("email")
    assert until(wanted, {}, NOON) is None
    assert until(wanted, {"contact:3": [NOON]}, at(59)) == at(60)
    assert until(wanted, {"contact:3": [NOON]}, at(60)) is None


def test_another_contact_is_another_matter() -> None:
    assert until(of("email"), {"contact:4": [NOON]}, NOON) is None


def test_five_sms_in_a_quarter_of_an_hour_for_one_contact() -> None:
    sent = {"contact:3": [at(60 * minute) for minute in range(5)]}
    assert until(of("sms"), sent, at(300)) == at(900)
    assert until(of("sms"), sent, at(900)) is None
    assert until(of("email"), sent, at(300)) is None


def test_one_a_second_where_a_channel_demands_it() -> None:
    wanted = of("slack", contact=None, interval_s=1.0)
    assert until(wanted, {"channel:1": [NOON]}, at(0.5)) == at(1)
    assert until(wanted, {"channel:1": [NOON]}, at(1)) is None


def test_five_messages_in_five_seconds_by_one_kind() -> None:
    sent = {"kind:email": [at(second / 10) for second in range(5)]}
    assert until(of("email"), sent, at(1)) == at(5)
    assert until(of("webhook", contact=None), sent, at(1)) is None


def test_the_longest_hold_counts() -> None:
    sent = {"contact:3": [at(-1)], "kind:email": [NOON] * 5}
    found = hold(of("email"), sent, NOON)
    assert found is not None
    assert (found.until, found.scope.key) == (at(59), "contact:3")


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=60))
def test_no_window_ever_holds_more_than_its_most(wishes: list[float]) -> None:
    """Whatever is wanted when: sent at once, or when the limit lets go."""
    wanted, sent = of("sms"), dict[str, list[datetime]]()
    for wish in sorted(wishes):
        now = at(wish)
        while (held := hold(wanted, sent, now)) is not None:
            now = held.until
        for scope in {scope.key for scope in wanted}:
            sent.setdefault(scope, []).append(now)
    for limit in LIMITS:
        if limit.of == "contact" and (not limit.kinds or "sms" in limit.kinds):
            times = sorted(sent["contact:3"])
            window = timedelta(seconds=limit.window_s)
            assert all(sum(time <= other < time + window for other in times) <= limit.most for time in times)
