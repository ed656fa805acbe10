from datetime import UTC, datetime, timedelta

from alerts.incidents.grouping import (
    Decision,
    Member,
    ToldState,
    decide,
    first_flush_at,
    joined_flush_at,
    leaving,
    next_flush_at,
    owed_elsewhere,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOBODY: frozenset[str] = frozenset()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def told(firing: str = "", resolved: str = "", owed: str | None = None, seconds: float = 0) -> ToldState:
    return ToldState(frozenset(firing), frozenset(resolved), frozenset(firing if owed is None else owed), at(seconds))


def members(firing: str = "", resolved: str = "", suppressed: str = "") -> list[Member]:
    return [Member(one, one in firing, one in suppressed) for one in sorted(firing + resolved)]


def asked(
    state: ToldState | None,
    alerts: list[Member],
    *,
    send_resolved: bool = True,
    muted: bool = False,
    seconds: float = 10,
    contract: bool = True,
) -> Decision:
    return decide(
        state,
        alerts,
        send_resolved=send_resolved,
        repeat_interval_s=100,
        muted=muted,
        now=at(seconds),
        contract=contract,
    )


def test_a_new_group_waits_from_its_first_alert() -> None:
    assert first_flush_at(NOON, NOON, 30) == at(30)


def test_an_alert_that_started_before_the_wait_is_told_at_once() -> None:
    assert first_flush_at(NOON, at(-31), 30) == NOON
    assert first_flush_at(NOON, at(-30), 30) == at(30)


def test_who_joins_a_waiting_group_waits_with_it_unless_it_is_old() -> None:
    assert joined_flush_at(at(20), None, NOON, NOON, 30, 300) == at(20)
    assert joined_flush_at(at(20), None, NOON, at(-40), 30, 300) == NOON


def test_who_joins_a_group_that_was_told_waits_for_its_next_look_however_old() -> None:
    assert joined_flush_at(at(200), at(-100), NOON, at(-400), 30, 300) == at(200)


def test_who_joins_a_group_that_is_empty_waits_for_the_tick_it_would_have_had() -> None:
    assert joined_flush_at(at(20), at(-10), NOON, NOON, 30, 4, was_empty=True) == at(2)


def test_looks_keep_to_their_ticks_and_missed_ones_are_not_made_up_for() -> None:
    assert next_flush_at(NOON, at(0.2), 300) == at(300)
    assert next_flush_at(NOON, at(700), 300) == at(900)
    assert next_flush_at(NOON, at(300), 300) == at(600)


def test_the_next_look_is_always_after_now() -> None:
    for tenths in range(1, 400):
        now = at(tenths * 0.1)
        assert now < next_flush_at(NOON, now, 0.3) <= now + timedelta(seconds=0.300001)


def test_the_first_alerts_are_told() -> None:
    decision = asked(None, members("ab"))
    assert (decision.reason, decision.firing, decision.resolved) == ("first", ("a", "b"), ())
    assert decision.told == told("ab", seconds=10)


def test_an_alert_that_has_resolved_before_the_first_look_is_never_told() -> None:
    assert asked(None, members(resolved="a")) == Decision()


def test_nothing_changed_is_nothing_told() -> None:
    assert asked(told("ab"), members("ab")) == Decision()
    assert asked(told("ab"), members("a")) == Decision(), "one that is not in the group any more is no change"


def test_another_firing_alert_is_told_with_all_that_fire() -> None:
    assert asked(told("a"), members("ab")).firing == ("a", "b")


def test_a_resolve_is_told_once() -> None:
    decision = asked(told("ab"), members("a", "b"))
    assert (decision.reason, decision.firing, decision.resolved) == ("resolved", ("a",), ("b",))
    assert decision.told == ToldState(frozenset("a"), frozenset("b"), frozenset("a"), at(10))
    assert asked(decision.told, members("a"), seconds=20) == Decision()


def test_who_wants_no_resolves_is_told_none_and_it_is_remembered_that_nothing_fires() -> None:
    assert asked(told("ab"), members("a", "b"), send_resolved=False) == Decision()
    decision = asked(told("ab"), members(resolved="ab"), send_resolved=False)
    assert decision == Decision(told=ToldState(NOBODY, frozenset("ab"), NOBODY, at(10)))
    assert asked(decision.told, members("a"), send_resolved=False).reason == "firing"


def test_who_wants_no_resolves_is_told_of_what_fires_without_them() -> None:
    decision = asked(told("a"), members("ac", "b"), send_resolved=False)
    assert (decision.firing, decision.resolved) == (("a", "c"), ())


def test_what_still_fires_is_repeated_after_the_interval_at_the_next_look() -> None:
    assert asked(told("a"), members("a"), seconds=99.9).reason == ""
    assert asked(told("a"), members("a"), seconds=100).reason == "repeat"


def test_what_fired_and_resolved_between_two_looks_is_told_only_with_what_fires() -> None:
    assert asked(told(resolved="a"), members(resolved="b")) == Decision()
    assert asked(told("a"), members("a", "b")).resolved == ("b",)


def test_what_is_suppressed_is_told_when_it_no_longer_is() -> None:
    assert asked(None, members("a", suppressed="a")) == Decision()
    assert asked(None, members("a")).reason == "first"


def test_what_was_left_out_while_suppressed_is_told_again_after() -> None:
    between = asked(told("a"), members("ab", suppressed="a"))
    assert between.firing == ("b",)
    assert asked(between.told, members("ab"), seconds=20).firing == ("a", "b")


def test_a_suppressed_resolve_of_what_was_told_is_told() -> None:
    state, alerts = told("ab"), members("a", "b", suppressed="b")
    decision = asked(state, alerts)
    assert (decision.reason, decision.firing, decision.resolved, decision.contract) == ("owed", ("a",), ("b",), True)
    assert asked(state, alerts, contract=False) == Decision(), "Alertmanager drops it"


def test_a_resolve_on_a_muted_route_is_told_if_its_firing_was() -> None:
    decision = asked(told("ab"), members("a", "bc"), muted=True)
    assert (decision.firing, decision.resolved) == ((), ("b",))
    assert asked(decision.told, members("a"), seconds=20).firing == ("a",), (
        "told anew: the receiver may think it is over"
    )


def test_a_suppressed_resolve_of_what_was_never_told_is_not_told() -> None:
    assert asked(told("a"), members("a", "b", suppressed="b")) == Decision()


def test_what_was_suppressed_while_another_was_told_is_owed_still() -> None:
    between = asked(told("a"), members("ab", suppressed="a")).told
    assert between is not None
    assert between.owed == frozenset("ab")
    assert asked(between, members("b", "a", suppressed="a"), seconds=20).resolved == ("a",)


def test_an_owed_resolve_is_told_once_and_a_new_firing_is_told_anew() -> None:
    after = asked(told("a"), members(resolved="a", suppressed="a")).told
    assert asked(after, members(resolved="a", suppressed="a"), seconds=20) == Decision()
    assert asked(after, members("a"), seconds=20).firing == ("a",)


def test_what_is_owed_outside_of_the_group_is_known() -> None:
    assert owed_elsewhere(told("abc"), members("a", "b")) == frozenset("c")
    assert owed_elsewhere(None, members("a")) == NOBODY


def test_whatever_has_resolved_leaves_the_group_after_a_look() -> None:
    assert leaving(members("a", "bc", suppressed="c")) == frozenset("bc")
