"""Many escalations that begin at once are as if each had begun by itself."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.oncall.escalations import escalation_end, escalations_start
from alerts.oncall.models import Escalation
from alerts.oncall.starting import Beginning
from security.access.models import User
from tests.alerts.oncall.world import World, contact, message, policy, rule, step, told, user_target

pytestmark = pytest.mark.django_db


def beginnings(count: int, title: str = "Shop is down") -> list[Beginning]:
    return [
        Beginning(f"incident:{number}", message(title=title).as_json(), "critical", "high", "shop")
        for number in range(1, count + 1)
    ]


@pytest.fixture
def world(ada: User) -> World:
    rule(contact(ada))
    return World()


def test_each_subject_is_paged(world: World, ada: User) -> None:
    assert escalations_start(policy(step(user_target(ada))), beginnings(3), now=world.now) == 3
    world.run(5)
    assert len(told()) == 3


def test_where_the_policy_is_at_work_it_goes_on_and_says_the_new_message(world: World, ada: User) -> None:
    rules = policy(step(user_target(ada)))
    first = world.start(rules, subject="incident:2")
    world.run(5)
    assert escalations_start(rules, beginnings(3, "It got worse"), now=world.now) == 2
    again = Escalation.objects.get(subject="incident:2")
    assert (again.pk, again.episode, again.step) == (first.pk, 0, 1)
    assert again.message["title"] == "It got worse"


def test_another_policy_on_the_subject_has_an_episode_of_its_own(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))), subject="incident:1")
    escalations_start(policy(step(user_target(ada)), name="Other"), beginnings(1), now=world.now)
    assert sorted(Escalation.objects.values_list("episode", flat=True)) == [0, 1]


def test_what_begins_after_an_end_has_the_next_episode(world: World, ada: User) -> None:
    rules = policy(step(user_target(ada)))
    escalations_start(rules, beginnings(2), now=world.now)
    escalation_end(subject="incident:1", message=message("resolved"), now=world.now)
    escalations_start(rules, beginnings(2), now=world.now)
    assert sorted(Escalation.objects.values_list("subject", "episode")) == [
        ("incident:1", 0), ("incident:1", 1), ("incident:2", 0),
    ]  # fmt: skip


def test_a_hundred_cost_as_many_statements_as_one(world: World, ada: User) -> None:
    rules = policy(step(user_target(ada)))
    with CaptureQueriesContext(connection) as one:
        escalations_start(rules, beginnings(1), now=world.now)
    Escalation.objects.all().delete()
    with CaptureQueriesContext(connection) as many:
        escalations_start(rules, beginnings(100), now=world.now)
    assert len(many) == len(one)


def test_nothing_to_begin_is_nothing(world: World, ada: User) -> None:
    assert escalations_start(policy(step(user_target(ada))), [], now=world.now) == 0
