"""`for` and `keep_firing_for` fire at the minutes at which Prometheus fires, from the samples on."""

import json

import pytest

from tests.alerts.rules.asking_memory import STALE, World, plan
from tests.alerts.rules.promtool import PROMTOOL, RECORDED
from tests.alerts.rules.timeline_cases import MINUTES, VALUES, cases, expanded_values, told_by_promtool

FIRES = json.loads((RECORDED / "timelines.json").read_text())


def values_of(text: str) -> list[float | None]:
    """As promtool takes them: `stale` is a sample."""
    found: list[float | None] = []
    for word in text.split():
        found += [STALE] if word == "stale" else expanded_values(word)
    return found


@pytest.mark.parametrize(("name", "values", "for_", "keep"), cases())
def test_a_rule_fires_when_it_does_in_prometheus(name: str, values: str, for_: int, keep: int) -> None:
    rule = plan(expression="m == 1", for_s=for_ * 60, keep_firing_for_s=keep * 60, flap_detection=False)
    world = World(rule).add(values_of(VALUES[values]), n="0")
    fires = []
    for minute in range(MINUTES):
        world.look(minute)
        if any(state.is_active for state in world.states.values()):
            fires.append(minute)
    assert fires == FIRES[name]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_what_was_recorded_is_what_prometheus_does_now() -> None:
    assert told_by_promtool() == FIRES
