"""The first team, schedule and policy."""

from alerts.oncall.actions import policy_delete
from alerts.oncall.models import EscalationPolicy, Schedule, Team
from alerts.oncall.queries import on_call
from alerts.oncall.seeds import seed
from security.access.models import User
from tests.alerts.oncall.world import World, contact, told


def test_a_default_policy_of_three_tiers_is_seeded(ada: User) -> None:
    assert seed() == ["Team Operations", "Team Administrators", "On-call schedule Operations", "Default policy"]
    policy = EscalationPolicy.objects.get()
    tiers = [(step.targets[0]["kind"], step.targets[0]["slug"], step.wait_s) for step in policy.steps.all()]
    assert tiers == [("schedule", "operations", 300), ("team", "operations", 600), ("team", "administrators", 900)]
    assert policy.is_default


def test_the_first_administrator_is_on_call(ada: User, otto: User) -> None:
    seed()
    assert on_call(Schedule.objects.get(), World().now.replace(year=2030)) == [ada]
    assert list(Team.objects.get(slug="operations").members.all()) == [ada]


def test_without_an_administrator_the_places_stay_empty_until_there_is_one(db: None) -> None:
    seed()
    ada = User.objects.create_superuser("ada")
    assert seed() == ["Members of Operations", "Members of Administrators", "Layer of Operations"]
    assert list(Team.objects.get(slug="operations").members.all()) == [ada]


def test_seeding_again_changes_nothing(ada: User) -> None:
    seed()
    assert seed() == []


def test_a_policy_that_somebody_renamed_stays_the_only_one(ada: User) -> None:
    seed()
    EscalationPolicy.objects.update(slug="ours", name="Ours")
    assert seed() == []


def test_the_seeded_policy_tells_the_administrator(ada: User) -> None:
    contact(ada)
    seed()
    world = World()
    world.now = world.now.replace(year=2030)
    world.start(EscalationPolicy.objects.get())
    world.run()
    assert told() == ["ada by Mail"]
    policy_delete(policy=EscalationPolicy.objects.get())
