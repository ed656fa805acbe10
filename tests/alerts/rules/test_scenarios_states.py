"""Scenarios in virtual time: each rule of the state machine by its name, from samples to what others hear. A step is a minute."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.rules.choices import OnTrouble
from tests.alerts.rules.asking_memory import World, plan

UP, DOWN = 1.0, 0.0


def above(**fields: Any) -> World:
    """m above 5."""
    return World(plan(expression="m", comparator="gt", threshold=5, **({"flap_detection": False} | fields)))


def down(**fields: Any) -> World:
    """A Prometheus rule: m == 1 is a problem."""
    return World(plan(expression="m == 1", **({"flap_detection": False} | fields)))


def flapping(values: list[float | None], **fields: Any) -> World:
    return World(plan(expression="m == 1", **fields)).add(values)


def test_for_0_fires_on_the_first_true_evaluation() -> None:
    assert above().add([9]).look(0).notices() == [(0, "firing", False)]


def test_a_problem_is_pending_until_for_is_over() -> None:
    world = above(for_s=120).add([9] * 5).look(0).look(1)
    assert world.phase == "pending"
    assert world.look(2).phase == "firing"


def test_pending_is_told_to_nobody() -> None:
    assert above(for_s=300).add([9] * 5).run(5).notices() == []


def test_one_false_evaluation_resets_pending() -> None:
    world = above(for_s=120).add([9, 9, 1, 9, 9, 9]).run(5)
    assert world.phase == "pending"
    assert world.look(5).notices() == [(5, "firing", False)]


def test_what_was_never_told_is_not_resolved() -> None:
    assert above(for_s=120).add([9, 9, 1, 1]).run(4).notices() == []


def test_resolved_is_told_when_the_problem_is_over() -> None:
    assert above().add([9, 9, 1]).run(3).notices() == [(0, "firing", False), (2, "resolved", False)]


def test_a_resolve_is_told_once() -> None:
    world = above().add([9, 1, *[1] * 20]).run(20)
    assert sum(len(alerts) for alerts in world.told) == 2


def test_keep_firing_for_holds_the_alert_over_a_short_gap() -> None:
    world = down(keep_firing_for_s=180).add([1, 0, 0, 1, 0, 0, 0, 0, 0]).run(9)
    assert world.notices() == [(0, "firing", False), (7, "resolved", False)]


def test_keep_firing_for_is_counted_from_the_first_false_evaluation() -> None:
    world = down(keep_firing_for_s=120).add([1, 1, 0, 0, 0, 0]).run(4)
    assert world.phase == "recovering"
    assert world.look(4).phase == "resolved"


def test_recovering_is_told_as_firing() -> None:
    world = down(keep_firing_for_s=600).add([1] + [0] * 9).run(6)
    assert world.phase == "recovering"
    assert any(alert.ends_at and alert.ends_at > world.at(5) for alert in world.told[-2] + world.told[-1])


def test_resolved_only_when_the_problem_is_false_and_recovery_is_true() -> None:
    world = above(recovery_threshold=3).add([9, 4, 4, 3.5, 3, 3]).run(4)
    assert world.phase == "recovering"
    assert world.look(4).phase == "resolved"


def test_between_threshold_and_recovery_nothing_new_fires() -> None:
    assert above(recovery_threshold=3).add([4, 4, 4]).run(3).notices() == []


def test_back_above_the_threshold_while_recovering_is_the_same_alert() -> None:
    world = above(recovery_threshold=3).add([9, 4, 9, 4, 2]).run(5)
    assert world.notices() == [(0, "firing", False), (4, "resolved", False)]


def test_recovery_and_keep_firing_for_must_both_be_over() -> None:
    world = above(recovery_threshold=3, keep_firing_for_s=180).add([9, 2, 2, 2, 4, 2]).run(5)
    assert world.phase == "recovering"
    assert world.look(5).phase == "resolved"


def test_below_recovers_upwards() -> None:
    world = World(plan(expression="m", comparator="lt", threshold=10, recovery_threshold=20)).add([5, 15, 25]).run(2)
    assert world.phase == "recovering"
    assert world.look(2).phase == "resolved"


@pytest.mark.parametrize(
    ("comparator", "value", "fires"),
    [
        ("gt", 5, False),
        ("ge", 5, True),
        ("lt", 5, False),
        ("le", 5, True),
        ("eq", 5, True),
        ("ne", 5, False),
        ("ne", 6, True),
    ],
)
def test_each_comparator_compares(comparator: str, value: float, fires: bool) -> None:
    world = World(plan(expression="m", comparator=comparator, threshold=5)).add([value]).look(0)
    assert bool(world.notices()) is fires


def test_nan_is_above_nothing() -> None:
    assert above().add([float("nan")]).look(0).notices() == []


def test_each_series_has_a_state_of_its_own() -> None:
    world = above(for_s=60).add([9, 9, 9], host="a").add([1, 9, 9], host="b").add([1, 1, 1], host="c").run(2)
    assert world.phases() == {"a": "firing", "b": "pending"}


def test_a_new_episode_starts_anew() -> None:
    world = above(for_s=60).add([9, 9, 1, 9, 9]).run(5)
    assert [step for step, kind, _ in world.notices() if kind == "firing"] == [1, 4]
    assert next(iter(world.states.values())).active_at == world.at(3)


def test_a_firing_alert_is_told_again_each_minute_and_lives_for_four() -> None:
    world = above().add([9] * 5).run(5)
    ends = [alert.ends_at for alerts in world.told for alert in alerts]
    assert ends == [world.at(step) + timedelta(minutes=4) for step in range(5)]


def test_an_alert_of_a_slow_rule_lives_for_four_intervals() -> None:
    world = above(interval_s=600).add([9]).look(0)
    assert world.told[0][0].ends_at == world.at(0) + timedelta(minutes=40)


def test_a_prometheus_rule_takes_no_data_for_no_problem() -> None:
    world = down().add([1, 1, None, None, None, None, None, None, None]).run(9)
    assert world.notices() == [(0, "firing", False), (7, "resolved", False)]  # five minutes after its last sample


def test_no_data_counts_as_no_problem() -> None:
    world = above().add([9, 9] + [None] * 8).run(10)
    assert [kind for _, kind, _ in world.notices()] == ["firing", "resolved"]


def test_no_data_keeps_the_last_state() -> None:
    world = above(on_no_data=OnTrouble.KEEP).add([9, 9] + [None] * 28).run(30)
    assert world.phase == "firing"
    assert world.notices() == [(0, "firing", False)]


def test_no_data_of_one_series_of_several_alerts() -> None:
    world = above(on_no_data=OnTrouble.ALERT).add([1] * 20, host="a").add([1, 1] + [None] * 18, host="b").run(12)
    assert world.phases() == {"a": "inactive", "b": "firing"}
    (alert,) = [alert for alerts in world.told for alert in alerts if alert.labels["host"] == "b"][:1]
    assert alert.annotations["trouble"] == "No data"


def test_a_no_data_alert_keeps_the_labels_of_the_rule() -> None:
    world = above(on_no_data=OnTrouble.ALERT, labels={"team": "shop"}).add([1] + [None] * 19, host="b").run(12)
    labels = next(alert.labels for alerts in world.told for alert in alerts)
    assert (labels["team"], labels["host"], labels["alertname"]) == ("shop", "b", "Busy")


def test_data_that_is_back_ends_a_no_data_alert() -> None:
    world = above(on_no_data=OnTrouble.ALERT).add([1] + [None] * 9 + [1, 1]).run(12)
    assert [kind for _, kind, _ in world.notices()] == ["firing", "resolved"]


def test_a_series_is_forgotten_after_so_many_evaluations() -> None:
    rule = above(on_no_data=OnTrouble.ALERT, settings={"forget_evaluations": 3})
    world = rule.add([1] * 30, host="a").add([1] + [None] * 29, host="b").run(12)
    assert [(step, kind) for step, kind, _ in world.notices()] == [(6, "firing"), (9, "resolved")]


def test_a_series_is_forgotten_after_so_long() -> None:
    rule = above(on_no_data=OnTrouble.ALERT, settings={"forget_after_s": 240})
    world = rule.add([1] * 40, host="a").add([1] + [None] * 39, host="b").run(40)
    assert [(step, kind) for step, kind, _ in world.notices()] == [(6, "firing"), (10, "resolved")]
    assert "b" not in world.phases()


def test_a_rule_that_never_returns_anything_can_alert() -> None:
    rule = above(on_no_data=OnTrouble.ALERT, settings={"when_empty": True}, labels={"team": "shop"})
    world = rule.run(3)
    assert [(alert.labels["team"], alert.annotations["trouble"]) for alert in world.told[0]] == [
        ("shop", "Nothing at all")
    ]
    world.add([1] * 9, host="a").look(3)
    assert [kind for _, kind, _ in world.notices()] == ["firing", "resolved"]


def test_an_absence_rule_alerts_on_each_series_that_goes() -> None:
    world = World(plan(kind="absence", expression="m")).add([1] * 20, host="a").add([1] + [None] * 19, host="b").run(9)
    assert [(step, kind) for step, kind, _ in world.notices()] == [(6, "firing")]


def test_an_absence_rule_waits_for_nothing_it_has_not_seen() -> None:
    assert World(plan(kind="absence", expression="m")).run(5).notices() == []


def test_an_absence_rule_can_wait() -> None:
    world = World(plan(kind="absence", expression="m", for_s=120)).add([1] + [None] * 19, host="b").run(9)
    assert [(step, kind) for step, kind, _ in world.notices()] == [(8, "firing")]


def test_an_error_keeps_what_fires() -> None:
    world = above().add([9] * 9).look(0).look(1, error="boom").look(2, error="boom").look(3)
    assert world.notices() == [(0, "firing", False)]
    assert world.phase == "firing"


def test_an_error_can_alert_by_itself_with_the_labels_of_the_rule() -> None:
    world = above(on_error=OnTrouble.ALERT, labels={"team": "shop"}).add([1] * 9).look(0).look(1, error="boom")
    (alert,) = world.told[1]
    assert (alert.labels["team"], alert.annotations["trouble"]) == ("shop", "boom")
    assert [kind for _, kind, _ in world.look(2).notices()] == ["firing", "resolved"]


def test_an_error_can_count_as_no_problem() -> None:
    world = above(on_error=OnTrouble.OK).add([9] * 9).look(0).look(1, error="boom")
    assert [kind for _, kind, _ in world.notices()] == ["firing", "resolved"]


def test_an_error_does_not_reset_pending() -> None:
    world = above(for_s=120).add([9] * 9).look(0).look(1, error="boom").look(2)
    assert world.notices() == [(2, "firing", False)]


EVERY_OTHER: list[float | None] = [1.0, 0.0] * 12


def test_flapping_is_one_notice_on_entering_and_then_quiet() -> None:
    world = flapping(EVERY_OTHER).run(24)
    assert next(iter(world.states.values())).flapping
    entered = [step for step, _, of_flapping in world.notices() if of_flapping]
    assert entered == [6]
    assert [notice for notice in world.notices() if notice[0] > 6] == []


def test_flapping_ends_with_one_notice() -> None:
    world = flapping([*EVERY_OTHER, *[0.0] * 30]).run(54)
    ended = [(kind, of_flapping) for step, kind, of_flapping in world.notices() if step > 6]
    assert sorted(ended) in ([("resolved", True)], [("resolved", False), ("resolved", True)])
    assert not any(state.flapping for state in world.states.values())


def test_what_fires_when_flapping_ends_is_told_as_firing() -> None:
    world = flapping([*EVERY_OTHER, *[1.0] * 30]).run(54)
    firing = {kind for step, kind, of_flapping in world.notices() if not of_flapping and step >= 6}
    assert firing <= {"firing"}
    assert world.phase == "firing"
    assert next(iter(world.states.values())).told


def test_what_was_told_before_it_flapped_is_resolved_after_it_at_the_latest() -> None:
    world = flapping([*EVERY_OTHER, *[0.0] * 30]).run(54)
    counts = {kind: sum(one == kind for _, one, _ in world.notices()) for kind in ("firing", "resolved")}
    assert counts["firing"] == counts["resolved"]


def test_a_flapping_alert_says_so_in_a_label() -> None:
    world = flapping(EVERY_OTHER).run(8)
    assert any(alert.labels.get("flapping") == "true" for alerts in world.told for alert in alerts)


def test_a_rule_may_leave_flapping_alone() -> None:
    world = flapping(EVERY_OTHER, flap_detection=False).run(24)
    assert len(world.notices()) == 24


def test_noise_that_never_fires_does_not_flap() -> None:
    assert flapping(EVERY_OTHER, for_s=300).run(24).notices() == []


def test_labels_of_the_rule_win_over_those_of_the_series() -> None:
    world = above(labels={"host": "all", "team": "{{ $labels.host }}-team"}).add([9], host="a").look(0)
    labels = world.told[0][0].labels
    assert (labels["host"], labels["team"]) == ("all", "a-team")


def test_two_series_that_end_up_with_the_same_labels_are_an_error() -> None:
    world = above(labels={"host": "all"}).add([9], host="a").add([9], host="b").look(0)
    assert "same labelset" in world.last.error


def test_a_broken_template_still_delivers_a_plain_alert() -> None:
    world = above(annotations={"summary": "{{ humanize $labels.host }}"}).add([9], host="a").look(0)
    assert world.told[0][0].annotations["summary"].startswith("<error expanding template: ")


def test_the_text_of_an_alert_has_the_value_of_now() -> None:
    world = above(annotations={"summary": "{{ $value }}"}).add([9, 12]).run(2)
    assert [alerts[0].annotations["summary"] for alerts in world.told] == ["9", "12"]


def test_a_budget_that_burns_fast_in_both_windows_fires() -> None:
    settings = {
        "good": 'sum(rate(m{ok="yes"}[$window]))',
        "total": "sum(rate(m[$window]))",
        "objective": 0.99,
        "windows": [{"long": "10m", "short": "2m", "factor": 14.4}],
    }
    world = World(plan(kind="burn_rate", settings=settings))
    world.add([float(10 * step) for step in range(15)] + [150.0] * 15, ok="yes")
    world.add([0.0] * 15 + [float(10 * step) for step in range(15)], ok="no").run(30)
    fires = [step for step, kind, _ in world.notices() if kind == "firing"]
    assert fires
    assert 15 <= fires[0] <= 19
    assert all(alert.labels["alertname"] == "Busy" for alerts in world.told for alert in alerts)


def test_a_budget_burns_too_when_nothing_at_all_goes_well() -> None:
    settings = {
        "good": 'sum(rate(m{ok="yes"}[$window]))',
        "total": "sum(rate(m[$window]))",
        "objective": 0.99,
        "windows": [{"long": "10m", "short": "2m", "factor": 14.4}],
    }
    world = (
        World(plan(kind="burn_rate", settings=settings)).add([float(10 * step) for step in range(15)], ok="no").run(15)
    )
    assert world.phase == "firing"
