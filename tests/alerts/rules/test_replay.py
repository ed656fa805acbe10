"""What a rule would have told in the past."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from alerts.rules.models import AlertRule
from alerts.rules.replay import RuleReplay, rule_replay
from alerts.rules.replaying import columns, replayed
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from monitoring.events.models import Event
from monitoring.metrics.ingest import Source, append, resolve
from monitoring.metrics.promql.evaluate import query_range
from tests.alerts.rules.asking_memory import MINUTE, START, World, ms, plan

BUSY: dict[str, Any] = {"name": "Busy", "kind": "metric", "expression": "queue", "comparator": "gt", "threshold": 5}
HOUR_AGO = 60


def over(values: list[float | None], **fields: Any) -> Any:
    """The replay of a rule on m over a value a minute."""
    world = World(plan(expression="m", comparator="gt", threshold=5, **fields)).add(values)
    answers = [query_range(world.store(), "m", ms(START), ms(START + len(values) * MINUTE), 60_000)]
    return replayed(world.plan, ((START + place * MINUTE, one) for place, one in enumerate(columns(answers))))


def test_it_fires_when_the_rule_would_have() -> None:
    found = over([0, 9, 9, 9, 0, 0, 9, 0, 0], for_s=60)
    assert [(one.began - START, one.ended - START) for one in found.firings] == [(2 * MINUTE, 4 * MINUTE)]
    assert (found.pages, found.firing_s, found.flaps) == (1, 120, 0)


def test_a_replay_agrees_with_evaluations_one_by_one() -> None:
    values: list[float | None] = [float(place * 7 % 11) for place in range(60)]
    world = World(plan(expression="m", comparator="gt", threshold=5, for_s=60)).add(values).run(60)
    told = [place for place, word, flapping in world.notices() if word == "firing" and not flapping]
    found = over(values, for_s=60)
    assert [(one.began - START) // MINUTE for one in found.firings] == told


def test_what_comes_and_goes_is_one_flap_and_few_pages() -> None:
    found = over([9, 0] * 30)
    assert found.flaps == 1
    assert found.pages < 6


def test_what_still_fires_has_no_end() -> None:
    found = over([0, 9, 9])
    assert found.firings[0].ended is None
    assert found.firing_s > 0


def test_pages_a_week_are_of_the_time_looked_at() -> None:
    found = over([0, 9, 0, 0] * 15, flap_detection=False)
    assert found.pages == 15
    assert found.pages_a_week == pytest.approx(15 * 7 * 24)


def test_without_a_step_nothing_is_said() -> None:
    assert replayed(plan(expression="m"), []).pages_a_week == 0


@pytest.fixture
def breached(db: None) -> datetime:
    """Samples of the last hour, above 5 in its second quarter."""
    now = timezone.now()
    ids = resolve(Source("push", "test"), [(("__name__", "queue"), ("host", "a"))]).ids
    times = [now - timedelta(minutes=HOUR_AGO - place) for place in range(HOUR_AGO)]
    values = [9.0 if 15 <= place < 30 else 1.0 for place in range(HOUR_AGO)]
    append(np.repeat(ids, HOUR_AGO), np.array([ms(time) for time in times]), np.array(values))
    return now


def ask(now: datetime, days: float = 0.05, **values: Any) -> RuleReplay:
    return rule_replay(rule=None, days=days, now=now, by=None, **values)


def test_samples_of_the_store_are_replayed_and_nothing_is_stored(breached: datetime) -> None:
    answer = ask(breached, **BUSY)
    assert answer.found.pages == 1
    assert 840 <= answer.found.firing_s <= 960
    assert answer.notes == ["Raw samples answered."]
    assert not AlertRule.objects.exists()


def test_a_coarser_step_is_said(breached: datetime) -> None:
    answer = ask(breached, days=30, **BUSY)
    assert (answer.step_s, answer.found.pages) == (236, 1)
    assert "Evaluated every 236 s, not every 60 s" in answer.notes[0]


@pytest.mark.django_db
def test_events_are_replayed_at_their_own_times(now: datetime) -> None:
    for minutes in (100, 99, 98, 20):
        event = event_emit(kind="door.open", severity=Severity.INFO, subject="door:1", summary="Open")
        Event.objects.filter(pk=event.pk).update(time=now - timedelta(minutes=minutes))
    answer = ask(now, 0.1, name="Door", kind="event", settings={"kinds": ["door"], "count": 3, "window_s": 300})
    assert answer.found.pages == 1
    (firing,) = answer.found.firings
    assert now - firing.began == timedelta(minutes=98)
    assert firing.ended is not None
    assert firing.ended - firing.began == timedelta(minutes=3, milliseconds=1)


@pytest.mark.django_db
def test_status_rules_are_refused(now: datetime) -> None:
    with pytest.raises(ValidationError, match="cannot be replayed"):
        ask(now, name="Down", kind="check_status")


def test_it_is_asked_through_the_api(ada_client: Client, breached: datetime) -> None:
    answer = ada_client.post("/api/v1/rules/replay/?days=1", BUSY, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["pages"] == 1
    assert answer.json()["firings"][0]["labels"] == {"host": "a"}
    wrong = ada_client.post("/api/v1/rules/replay/?days=0", BUSY, content_type="application/json")
    assert wrong.status_code == 400


def test_vera_replays_nothing(vera_client: Client) -> None:
    assert vera_client.post("/api/v1/rules/replay/", BUSY, content_type="application/json").status_code == 403
