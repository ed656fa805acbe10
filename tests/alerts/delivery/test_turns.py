"""Decisions about a batch, without a database."""

from datetime import UTC, datetime, timedelta

from alerts.delivery.breaker import FAILURES, Standing, failed
from alerts.delivery.throttle import Scope, scopes
from alerts.delivery.turns import AT_ONCE, Due, Fate, Known, Turn, decide, locks_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def due(number: int, *, channel: int = 1, to: str = "", bundles: bool = True, limits: list[Scope] | None = None) -> Due:
    return Due(number, channel, f"host{channel}", (channel, to), tuple(limits or ()), bundles)


def person(number: int, contact: int, kind: str = "email") -> Due:
    limits = scopes(kind=kind, channel=1, contact=contact, least_interval_s=0)
    return due(number, to=f"{contact}@example.org", limits=limits)


def known(batch: list[Due], **fields: object) -> Known:
    every = set().union(*(locks_of(one) for one in batch))
    return Known(**({"ours": every} | fields))  # type: ignore[arg-type]


def fates(turns: list[Turn]) -> dict[int, Fate]:
    return {turn.due.id: turn.fate for turn in turns}


def test_no_more_than_there_are_slots() -> None:
    batch = [due(number) for number in range(AT_ONCE + 2)]
    found = fates(decide(batch, known(batch), NOON))
    assert list(found.values()) == [Fate.SEND] * AT_ONCE + [Fate.LEFT] * 2


def test_a_full_channel_leaves_another_its_slots() -> None:
    batch = [*(due(number) for number in range(AT_ONCE + 1)), due(99, channel=2)]
    assert fates(decide(batch, known(batch), NOON))[99] == Fate.SEND


def test_what_another_sender_decides_about_is_left() -> None:
    assert fates(decide([due(1)], Known(ours=()), NOON)) == {1: Fate.LEFT}


def test_what_is_due_at_once_for_one_contact_is_one_message() -> None:
    batch = [person(1, 3), person(2, 3), person(3, 4)]
    turns = decide(batch, known(batch), NOON)
    assert fates(turns) == {1: Fate.SEND, 2: Fate.JOIN, 3: Fate.SEND}
    assert [turn.into for turn in turns if turn.fate == Fate.JOIN] == [1]


def test_what_a_throttle_holds_back_is_looked_at_when_it_lets_go() -> None:
    batch = [person(1, 3), person(2, 3)]
    turns = decide(batch, known(batch, sent={"contact:3": [NOON - timedelta(seconds=10)]}), NOON)
    assert fates(turns) == {1: Fate.HOLD, 2: Fate.HOLD}
    assert {turn.until for turn in turns} == {NOON + timedelta(seconds=50)}


def test_the_limit_of_a_kind_never_bundles_people() -> None:
    batch = [person(number, number) for number in range(7)]
    turns = decide(batch, known(batch), NOON)
    assert list(fates(turns).values()).count(Fate.SEND) == 5
    assert [turn.until for turn in turns if turn.fate == Fate.HOLD] == [NOON + timedelta(seconds=5)] * 2


def test_a_few_messages_to_a_slow_channel_keep_their_own_place() -> None:
    limits = scopes(kind="slack", channel=1, contact=None, least_interval_s=1)
    batch = [due(number, limits=limits) for number in range(4)]
    assert list(fates(decide(batch, known(batch), NOON)).values()) == [Fate.SEND, Fate.HOLD, Fate.HOLD, Fate.HOLD]


def test_a_storm_to_a_slow_channel_is_one_message() -> None:
    limits = scopes(kind="slack", channel=1, contact=None, least_interval_s=1)
    batch = [due(number, limits=limits) for number in range(20)]
    assert list(fates(decide(batch, known(batch), NOON)).values()) == [Fate.SEND] + [Fate.JOIN] * 19


def test_machines_get_each_message_for_itself() -> None:
    limits = scopes(kind="pagerduty", channel=1, contact=None, least_interval_s=1)
    batch = [due(number, bundles=False, limits=limits) for number in range(9)]
    assert Fate.JOIN not in fates(decide(batch, known(batch), NOON)).values()


def test_one_probe_and_the_rest_waits_for_it() -> None:
    standing = Standing()
    for _ in range(FAILURES):
        standing = failed(standing, began=NOON, now=NOON, words="")
    batch = [due(1), due(2)]
    turns = decide(batch, known(batch, circuits={"host1": standing}), NOON + timedelta(seconds=2))
    assert fates(turns) == {1: Fate.PROBE, 2: Fate.WAIT}
