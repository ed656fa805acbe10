from datetime import UTC, datetime, timedelta

from alerts.incidents.matching import parse_all
from alerts.incidents.silencing import SilenceView, silenced_by, state

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def silence(name: str, *matchers: str) -> SilenceView:
    return SilenceView(name, parse_all(matchers), NOON, NOON + HOUR)


def test_a_silence_is_pending_active_and_expired_and_both_its_ends_are_active() -> None:
    moments = (NOON - INSTANT, NOON, NOON + HOUR, NOON + HOUR + INSTANT)
    assert [state(NOON, NOON + HOUR, at) for at in moments] == ["pending", "active", "active", "expired"]


def test_all_matchers_of_a_silence_must_match() -> None:
    both = silence("x", "a=b", "c!=d")
    assert silenced_by([both], {"a": "b"}, NOON) == ["x"]
    assert silenced_by([both], {"a": "b", "c": "d"}, NOON) == []


def test_silences_that_are_not_active_keep_nothing_quiet() -> None:
    assert silenced_by([silence("x", "a=b")], {"a": "b"}, NOON - INSTANT) == []
    assert silenced_by([silence("x", "a=b")], {"a": "b"}, NOON + HOUR + INSTANT) == []


def test_every_silence_that_covers_an_alert_is_named() -> None:
    assert silenced_by([silence("y", "a=b"), silence("z", "a=c"), silence("x", "a=~.")], {"a": "b"}, NOON) == ["x", "y"]
