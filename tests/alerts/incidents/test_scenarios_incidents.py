"""Virtual time: one page per problem, until somebody has it, and an end to it."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.delivery import responses
from alerts.delivery.models import Channel, Delivery
from alerts.delivery.responses import Response, Verb
from alerts.incidents import actions
from alerts.incidents.models import Incident
from alerts.oncall.models import Escalation
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.incidents.world import World, only_incident, pages, paging_root, policy_made, told, words

pytestmark = pytest.mark.django_db

FIRING, RESOLVED = "firing DiskFull", "resolved Resolved: DiskFull"


@pytest.fixture
def paged(world: World, ada: User) -> World:
    """Ada was paged of DiskFull."""
    paging_root(ada)
    world.fire()
    world.later_paging(45)
    assert pages(ada) == [FIRING]
    sent(world)
    return world


def sent(world: World) -> None:
    """What waits is delivered."""
    Delivery.objects.filter(state="pending").update(state="delivered", finished_at=world.now, attempts_made=1)


def test_an_incident_is_opened_when_its_group_is_first_told(world: World, hook: Channel) -> None:
    world.fire(severity="critical", service="shop")
    world.later(15)
    assert not Incident.objects.exists()
    world.later(15)
    incident = only_incident()
    assert (incident.state, incident.severity, incident.service) == ("open", "critical", "shop")
    assert Event.objects.filter(kind="alerts.incident.opened", subject=incident.subject).exists()


def test_alerts_that_join_and_leave_stand_in_the_timeline(world: World, hook: Channel) -> None:
    world.fire(instance="a")
    world.later(60)
    world.fire(instance="b")
    world.later(300)
    world.resolve(instance="a")
    incident = only_incident()
    assert words(incident) == ["opened", "alert_joined", "alert_left"]
    assert (incident.firing_count, incident.alert_count) == (1, 2)


def test_when_everything_in_it_is_over_it_is_resolved_and_whoever_was_paged_is_told(paged: World, ada: User) -> None:
    paged.resolve()
    assert only_incident().state == "resolved"
    assert pages(ada) == [FIRING, RESOLVED]
    assert Event.objects.filter(kind="alerts.incident.resolved").exists()
    paged.later_paging(3600, step_s=60)
    assert len(pages(ada)) == 2


def test_a_resolve_cancels_what_is_still_to_come_of_an_escalation(world: World, ada: User) -> None:
    paging_root(ada)
    world.fire()
    world.later(45)
    world.resolve()
    world.later_paging(600)
    assert pages(ada) == []
    assert Escalation.objects.get().state == "over"


def test_what_fires_again_soon_opens_the_same_incident_and_pages_again(paged: World, ada: User) -> None:
    paged.resolve()
    paged.later_paging(300)
    paged.fire()
    paged.later_paging(330)
    incident = only_incident()
    assert (incident.state, incident.episode) == ("open", 1)
    assert pages(ada) == [FIRING, RESOLVED, FIRING]


def test_what_fires_again_later_is_a_new_incident(paged: World, ada: User) -> None:
    paged.resolve()
    paged.later_paging(700)
    paged.fire()
    paged.later_paging(60)
    assert Incident.objects.count() == 2
    assert pages(ada) == [FIRING, RESOLVED, FIRING]


def test_an_acknowledgement_stops_the_escalation(paged: World, ada: User) -> None:
    answer = actions.incident_acknowledge(incident=only_incident(), by=ada, now=paged.now)
    assert answer.words == "Acknowledged by ada until 2026-03-02 09:30 UTC."
    paged.later_paging(1500, step_s=60)
    assert pages(ada) == [FIRING]
    assert only_incident().acknowledged_by == ada


def test_the_same_acknowledgement_twice_is_one_and_says_so(paged: World, ada: User, otto: User) -> None:
    actions.incident_acknowledge(incident=only_incident(), by=ada, now=paged.now)
    again = actions.incident_acknowledge(incident=only_incident(), by=otto, now=paged.now)
    assert (again.done, again.words) == (False, "Already acknowledged by ada until 2026-03-02 09:30 UTC.")
    assert words(only_incident()).count("acknowledged") == 1


def test_an_acknowledgement_that_ends_opens_and_pages_again(paged: World, ada: User) -> None:
    actions.incident_acknowledge(incident=only_incident(), by=ada, now=paged.now)
    paged.later_paging(1830, step_s=30)
    assert only_incident().state == "open"
    assert pages(ada) == [FIRING, FIRING]
    assert words(only_incident())[-1] == "ack_expired"


def test_an_acknowledgement_lasts_as_long_as_was_said(paged: World, ada: User) -> None:
    until = paged.now + timedelta(minutes=5)
    actions.incident_acknowledge(incident=only_incident(), by=ada, now=paged.now, until=until)
    paged.later_paging(299, step_s=299)
    assert only_incident().state == "acknowledged"
    paged.later_paging(1)
    assert only_incident().state == "open"


def test_an_acknowledgement_that_is_taken_back_pages_again(paged: World, ada: User) -> None:
    actions.incident_acknowledge(incident=only_incident(), by=ada, now=paged.now)
    actions.incident_unacknowledge(incident=only_incident(), by=ada, now=paged.now)
    paged.later_paging(15)
    assert pages(ada) == [FIRING, FIRING]


def test_what_is_resolved_while_acknowledged_is_told_and_never_paged_again(paged: World, ada: User) -> None:
    actions.incident_acknowledge(incident=only_incident(), by=ada, now=paged.now)
    paged.resolve()
    paged.later_paging(3600, step_s=60)
    assert pages(ada) == [FIRING, RESOLVED]


def test_a_snooze_that_ends_pages_again_if_it_still_fires(paged: World, ada: User) -> None:
    until = paged.now + timedelta(hours=1)
    actions.incident_snooze(incident=only_incident(), by=ada, now=paged.now, until=until)
    paged.later_paging(3585)
    assert pages(ada) == [FIRING]
    paged.later_paging(30)
    assert pages(ada) == [FIRING, FIRING]


def test_a_snooze_that_ends_pages_nobody_if_it_is_over(paged: World, ada: User) -> None:
    until = paged.now + timedelta(hours=1)
    actions.incident_snooze(incident=only_incident(), by=ada, now=paged.now, until=until)
    paged.resolve()
    paged.later_paging(4000, step_s=60)
    assert pages(ada) == [FIRING, RESOLVED]


def test_a_snooze_without_an_end_lasts_until_the_next_working_hours(paged: World, ada: User) -> None:
    actions.incident_snooze(incident=only_incident(), by=ada, now=paged.now)
    assert only_incident().wake_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def test_what_joins_a_snoozed_incident_pages_nobody(paged: World, ada: User) -> None:
    actions.incident_snooze(incident=only_incident(), by=ada, now=paged.now)
    paged.fire(instance="b")
    paged.later_paging(900)
    assert pages(ada) == [FIRING]
    assert only_incident().firing_count == 2


def test_what_was_resolved_by_hand_and_still_fires_after_the_reopen_window_is_opened_again(
    paged: World, ada: User
) -> None:
    answer = actions.incident_resolve(incident=only_incident(), by=ada, now=paged.now)
    assert "1 alert still fires: opened again at 2026-03-02 09:10 UTC if that goes on." in answer.words
    paged.later_paging(585)
    assert (only_incident().state, pages(ada)) == ("resolved", [FIRING, RESOLVED])
    paged.later_paging(60)
    assert (only_incident().state, pages(ada)) == ("open", [FIRING, RESOLVED, FIRING])


def test_what_was_resolved_by_hand_and_ended_since_stays_resolved(paged: World, ada: User) -> None:
    actions.incident_resolve(incident=only_incident(), by=ada, now=paged.now)
    paged.later_paging(60)
    paged.resolve()
    paged.later_paging(1200, step_s=60)
    assert (only_incident().state, pages(ada)) == ("resolved", [FIRING, RESOLVED])


def test_a_new_alert_opens_what_was_resolved_by_hand_at_its_tick(paged: World, ada: User) -> None:
    actions.incident_resolve(incident=only_incident(), by=ada, now=paged.now)
    paged.fire(instance="b")
    paged.later_paging(330)
    assert only_incident().state == "open"
    assert len(pages(ada)) == 3


def test_what_was_resolved_can_be_opened_again_by_hand(paged: World, ada: User) -> None:
    actions.incident_resolve(incident=only_incident(), by=ada, now=paged.now)
    actions.incident_reopen(incident=only_incident(), by=ada, now=paged.now)
    paged.later_paging(30)
    assert pages(ada) == [FIRING, RESOLVED, FIRING]


def test_a_worse_alert_makes_the_incident_worse(world: World, hook: Channel) -> None:
    world.fire(instance="a", severity="warning")
    world.later(60)
    world.fire(instance="b", severity="critical")
    world.later(300)
    assert only_incident().severity == "critical"
    assert "severity" in words(only_incident())


def test_a_severity_that_a_person_set_stays(world: World, hook: Channel, ada: User) -> None:
    world.fire(instance="a", severity="warning")
    world.later(60)
    actions.incident_severity_set(incident=only_incident(), severity="info", by=ada, now=world.now)
    world.fire(instance="b", severity="critical")
    world.later(300)
    assert only_incident().severity == "info"


def test_a_button_of_a_message_acknowledges_once(paged: World, ada: User) -> None:
    press = Response(Verb.ACKNOWLEDGE, only_incident().subject, ada, "Slack (@ada)", paged.now)
    number = only_incident().pk
    assert (
        responses.respond(press).words == f"#{number}: Acknowledged by ada via Slack (@ada) until 2026-03-02 09:30 UTC."
    )
    assert not responses.respond(press).done


def test_a_link_shows_how_an_incident_stands_now(paged: World, ada: User) -> None:
    incident = only_incident()
    before = responses.standing(incident.subject)
    actions.incident_acknowledge(incident=incident, by=ada, now=paged.now)
    after = responses.standing(incident.subject)
    assert before is not None
    assert after is not None
    assert (before.state, Verb.ACKNOWLEDGE in before.verbs) == ("Open", True)
    assert (after.state, Verb.ACKNOWLEDGE in after.verbs) == ("Acknowledged", False)
    assert after.url.endswith(f"/incidents/{incident.pk}/")
    assert responses.standing("incident:0") is None


def test_a_button_in_the_hands_of_somebody_who_may_not_does_nothing(paged: World, vera: User) -> None:
    reply = responses.respond(Response(Verb.RESOLVE, only_incident().subject, vera, "", paged.now))
    assert not reply.done
    assert only_incident().state == "open"


def test_an_alert_that_names_its_policy_pages_by_that_alone(world: World, hook: Channel, ada: User, otto: User) -> None:
    from tests.alerts.incidents.world import contact_made

    contact_made(otto)
    policy_made(otto, "shop-team")
    world.fire(policy="shop-team")
    world.later_paging(60)
    assert (told(hook), pages(otto)) == ([], [FIRING])


def test_a_policy_that_does_not_exist_leaves_the_alert_to_the_tree(world: World, hook: Channel) -> None:
    world.fire(policy="nobody")
    world.later(60)
    assert told(hook) == [FIRING]
