"""Virtual time: silences, maintenance, inhibition and time intervals keep quiet what they should, as long as they should."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.delivery.models import Channel, Delivery
from alerts.incidents.actions import (
    inhibition_save,
    interval_save,
    maintenance_save,
    route_save,
    settings_save,
    silence_expire,
    silence_save,
)
from alerts.incidents.models import Alert, Incident, Route, Silence
from monitoring.checks.actions import maintenance_save as window_save
from monitoring.checks.actions import service_save
from security.access.models import User
from tests.alerts.incidents.world import (
    World,
    contact_made,
    only_incident,
    pages,
    paging_root,
    told,
    words,
)

pytestmark = pytest.mark.django_db


def silence(world: World, by: User, minutes: float, matcher: str = "alertname=DiskFull") -> Silence:
    ends_at = world.now + timedelta(minutes=minutes)
    return silence_save(matchers=[matcher], starts_at=None, ends_at=ends_at, comment="We know.", by=by, now=world.now)


def test_what_is_silenced_is_not_told_and_opens_no_incident(world: World, hook: Channel, ada: User) -> None:
    made = silence(world, ada, 60)
    world.fire()
    world.later(600)
    assert told(hook) == []
    assert not Incident.objects.exists()
    assert Alert.objects.get().suppressed_by == {"silences": [str(made.uuid)]}


def test_what_still_fires_when_a_silence_ends_is_told_then(world: World, hook: Channel, ada: User) -> None:
    silence(world, ada, 7)
    world.fire()
    world.later(420)
    assert told(hook) == []
    world.later(1, step_s=1)
    assert told(hook) == ["firing DiskFull"]


def test_what_still_fires_when_a_silence_is_ended_by_hand_is_told_then(world: World, hook: Channel, ada: User) -> None:
    made = silence(world, ada, 600)
    world.fire()
    world.later(60)
    silence_expire(silence=made, by=ada, now=world.now)
    world.later(1, step_s=1)
    assert told(hook) == ["firing DiskFull"]


def test_the_end_of_a_silence_waits_for_the_tick_where_alertmanagers_timing_is_wanted(
    world: World, hook: Channel, ada: User
) -> None:
    settings_save(prompt_ends=False)
    silence(world, ada, 2)
    world.fire()
    world.later(300)
    assert told(hook) == []
    world.later(30)
    assert told(hook) == ["firing DiskFull"]


def test_a_silence_that_is_to_come_keeps_nothing_quiet_yet(world: World, hook: Channel, ada: User) -> None:
    later = world.now + timedelta(hours=1)
    silence_save(
        matchers=["alertname=DiskFull"], starts_at=later, ends_at=later + timedelta(hours=1), comment="soon", by=ada,
        now=world.now,
    )  # fmt: skip
    world.fire()
    world.later(60)
    assert told(hook) == ["firing DiskFull"]


def test_a_silence_over_what_people_are_paged_of_stops_the_pages_and_its_end_pages_again(
    world: World, ada: User
) -> None:
    paging_root(ada)
    world.fire()
    world.later_paging(60)
    assert pages(ada) == ["firing DiskFull"]
    silence(world, ada, 20)
    world.later_paging(900)
    assert only_incident().suppressed
    assert len(pages(ada)) == 1
    world.later_paging(400)
    assert not only_incident().suppressed
    assert pages(ada) == ["firing DiskFull", "firing DiskFull"]
    assert words(only_incident()) == ["opened", "suppressed", "suppressed"]


def test_while_a_source_fires_its_targets_are_quiet(world: World, hook: Channel) -> None:
    inhibition_save(
        name="host", source_matchers=["alertname=HostDown"], target_matchers=["severity=warning"], equal=["host"]
    )
    world.fire("HostDown", host="a", severity="critical")
    world.fire("DiskFull", host="a", severity="warning")
    world.fire("DiskFull", host="b", severity="warning")
    world.later(60)
    assert Alert.objects.get(labels__alertname="DiskFull", labels__host="a").suppressed_by["inhibitors"]
    named = [one["labels"].get("host") for row in Delivery.objects.all() for one in row.message["alerts"]]
    assert sorted(named) == ["a", "b"]


def test_when_the_source_is_over_what_still_fires_is_told_at_the_next_tick(world: World, hook: Channel) -> None:
    inhibition_save(name="host", source_matchers=["alertname=HostDown"], target_matchers=["alertname=DiskFull"])
    world.fire("HostDown")
    world.fire("DiskFull")
    world.later(60)
    world.resolve("HostDown")
    world.later(60)
    assert told(hook) == ["firing HostDown", "resolved -HostDown"]
    world.later(300)
    assert told(hook)[-1] == "firing DiskFull"


def test_an_alert_that_is_source_and_target_does_not_inhibit_itself(world: World, hook: Channel) -> None:
    inhibition_save(
        name="self", source_matchers=["severity=critical"], target_matchers=["severity=~'critical|warning'"]
    )
    world.fire(severity="critical")
    world.later(60)
    assert told(hook) == ["firing DiskFull"]


def test_what_fires_in_mute_times_is_told_when_they_are_over(world: World, hook: Channel) -> None:
    morning = interval_save(name="morning", intervals=[{"times": [{"start_time": "09:00", "end_time": "09:10"}]}])
    route_save(parent=Route.objects.get(), matchers=["alertname=DiskFull"], mute_times=[morning])
    world.fire()
    world.later(590)
    assert told(hook) == []
    world.later(400)
    assert told(hook) == ["firing DiskFull"]


def test_outside_of_its_active_times_a_route_tells_nothing(world: World, hook: Channel) -> None:
    office = interval_save(
        name="office",
        intervals=[{"times": [{"start_time": "11:00", "end_time": "18:00"}], "location": "Europe/Vienna"}],
    )
    route_save(parent=Route.objects.get(), matchers=["alertname=DiskFull"], active_times=[office])
    world.fire()
    world.later(3500, step_s=60)  # 9:00 to 9:58 UTC is before 11:00 in Vienna
    assert told(hook) == []
    world.later(400)
    assert told(hook) == ["firing DiskFull"]


def test_what_still_fires_when_a_services_maintenance_ends_is_told_then(world: World, hook: Channel) -> None:
    shop = service_save(name="Shop", slug="shop")
    ends_at = world.now + timedelta(minutes=7)
    window_save(service=shop, starts_at=world.now - timedelta(minutes=1), ends_at=ends_at, reason="move")
    world.fire(service="shop")
    world.later(419, step_s=419)
    assert told(hook) == []
    world.later(1)
    assert told(hook) == ["firing DiskFull"]


def test_what_still_fires_when_a_recurring_maintenance_ends_is_told_then(world: World, hook: Channel) -> None:
    first = datetime(2026, 2, 23, 9, 0, tzinfo=UTC)
    maintenance_save(
        name="weekly",
        matchers=["alertname=DiskFull"],
        recurrence="FREQ=WEEKLY;BYDAY=MO",
        first_at=first,
        duration_s=420,
    )
    world.fire()
    world.later(419, step_s=419)
    assert told(hook) == []
    world.later(1)
    assert told(hook) == ["firing DiskFull"]


def test_what_resolves_in_maintenance_is_never_told(world: World, hook: Channel) -> None:
    maintenance_save(
        name="daily", matchers=["alertname=DiskFull"], recurrence="0 9 * * *", first_at=world.now, duration_s=600
    )
    world.fire()
    world.later(100)
    world.resolve()
    world.later(1000)
    assert told(hook) == []


def test_what_was_told_before_maintenance_is_paged_again_when_it_still_fires_at_its_end(
    world: World, ada: User
) -> None:
    paging_root(ada)
    maintenance_save(
        name="daily", matchers=["alertname=DiskFull"], recurrence="5 9 * * *", first_at=world.now, duration_s=1200
    )
    world.fire()
    world.later_paging(60)
    assert len(pages(ada)) == 1
    world.later_paging(1600)
    assert len(pages(ada)) == 2


def test_who_made_a_silence_is_reminded_before_it_ends(world: World, ada: User) -> None:
    contact_made(ada)
    silence(world, ada, 120)
    world.later(104 * 60, step_s=60)
    assert pages(ada) == []
    world.later(120)
    world.later(120)
    assert pages(ada) == ["notice Your silence ends at 11:00 UTC"]


def test_nobody_is_reminded_of_a_short_silence(world: World, ada: User) -> None:
    contact_made(ada)
    silence(world, ada, 25)
    world.later(1600, step_s=60)
    assert pages(ada) == []


def test_a_silence_that_is_made_longer_is_reminded_of_anew(world: World, ada: User) -> None:
    contact_made(ada)
    made = silence(world, ada, 120)
    world.later(110 * 60, step_s=60)
    ends_at = made.ends_at + timedelta(hours=2)
    silence_save(
        silence=made, matchers=made.matchers, starts_at=None, ends_at=ends_at, comment="longer", by=ada, now=world.now
    )
    world.later(120 * 60, step_s=60)
    assert len(pages(ada)) == 2
