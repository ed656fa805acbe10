"""Writes of personal rules and quiet hours."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError

from alerts.oncall.actions import personal_rules_save, quiet_hours_delete, quiet_hours_save
from alerts.oncall.models import PersonalRule, QuietHours
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.world import contact


def test_all_rules_of_an_urgency_are_set_in_one_go(ada: User) -> None:
    mail, sms = contact(ada, "Mail"), contact(ada, "SMS")
    personal_rules_save(user=ada, urgency="high", rules=[{"contact": mail.pk, "delay_s": 0}])
    wanted = [{"contact": sms.pk, "delay_s": 0}, {"contact": mail.pk, "delay_s": 300}]
    stored = personal_rules_save(user=ada, urgency="high", rules=wanted, by=ada)
    assert [(rule.contact_id, rule.delay_s) for rule in stored] == [(sms.pk, 0), (mail.pk, 300)]


def test_the_rules_of_the_other_urgency_stay(ada: User) -> None:
    mail = contact(ada)
    personal_rules_save(user=ada, urgency="normal", rules=[{"contact": mail.pk, "delay_s": 0}])
    personal_rules_save(user=ada, urgency="high", rules=[])
    assert PersonalRule.objects.get().urgency == "normal"


def test_somebody_elses_contact_is_refused_by_its_place(ada: User, otto: User) -> None:
    theirs = contact(otto)
    with pytest.raises(ValidationError) as refused:
        personal_rules_save(user=ada, urgency="high", rules=[{"contact": theirs.pk, "delay_s": 0}])
    assert list(refused.value.message_dict) == ["rules.0.contact"]


@pytest.mark.parametrize("delay_s", [-1, 86_401, "soon", True, None])
def test_a_delay_is_up_to_a_day(ada: User, delay_s: object) -> None:
    mail = contact(ada)
    with pytest.raises(ValidationError) as refused:
        personal_rules_save(user=ada, urgency="high", rules=[{"contact": mail.pk, "delay_s": delay_s}])
    assert list(refused.value.message_dict) == ["rules.0.delay_s"]


def test_the_same_rule_twice_is_refused(ada: User) -> None:
    mail = contact(ada)
    with pytest.raises(ValidationError) as refused:
        personal_rules_save(user=ada, urgency="high", rules=[{"contact": mail.pk, "delay_s": 5}] * 2)
    assert list(refused.value.message_dict) == ["rules.1.delay_s"]


def test_an_unknown_urgency_is_refused(ada: User) -> None:
    with pytest.raises(ValidationError) as refused:
        personal_rules_save(user=ada, urgency="panic", rules=[])
    assert list(refused.value.message_dict) == ["urgency"]


def test_a_change_of_rules_is_an_event_without_addresses(ada: User) -> None:
    personal_rules_save(user=ada, urgency="high", rules=[{"contact": contact(ada).pk, "delay_s": 0}], by=ada)
    event = Event.objects.get(kind="alerts.personal_rules.saved")
    assert (event.subject, event.payload["by"]) == ("user:ada", "ada")
    assert "example.org" not in event.summary + str(event.payload)


def test_quiet_hours_are_set_changed_and_deleted(ada: User) -> None:
    quiet_hours_save(user=ada, start=time(22), end=time(7), time_zone="Europe/Vienna", by=ada)
    quiet_hours_save(user=ada, start=time(23), end=time(7), time_zone="Europe/Vienna", by=ada)
    assert QuietHours.objects.get().start == time(23)
    quiet_hours_delete(user=ada, by=ada)
    assert not QuietHours.objects.exists()
    assert Event.objects.filter(kind__startswith="alerts.quiet_hours").count() == 3


def test_quiet_hours_of_a_whole_day_are_refused(ada: User) -> None:
    with pytest.raises(ValidationError) as refused:
        quiet_hours_save(user=ada, start=time(7), end=time(7), time_zone="UTC")
    assert list(refused.value.message_dict) == ["end"]


def test_quiet_hours_need_a_time_zone_that_exists(ada: User) -> None:
    with pytest.raises(ValidationError) as refused:
        quiet_hours_save(user=ada, start=time(7), end=time(8), time_zone="Mars/Olympus")
    assert list(refused.value.message_dict) == ["time_zone"]


def test_deleting_none_is_no_event(ada: User) -> None:
    quiet_hours_delete(user=ada)
    assert not Event.objects.filter(kind__startswith="alerts.quiet_hours").exists()
