"""Policies with their steps, personal rules and quiet hours in the admin."""

from typing import Any

import pytest
from django.test import Client

from alerts.incidents.models import Receiver, ReceiverTarget
from alerts.oncall.models import EscalationPolicy, PersonalRule, QuietHours
from security.access.models import User
from tests.alerts.oncall.world import World, contact, policy, quiet, rule, schedule, step, team, user_target

POLICIES = "/admin/oncall/escalationpolicy/"


def form(**values: Any) -> dict[str, Any]:
    """A policy with rows 0 and 1, as the browser sends it."""
    blank = {"name": "Shop", "slug": "", "description": "", "repeat": "2", "acknowledge_timeout_s": "1800"}
    return blank | {"steps_0_wait_s": "300", "steps_1_wait_s": "300", **values}


def test_a_policy_is_entered_with_its_steps(ada_client: Client, ada: User) -> None:
    schedule("Primary", ada), team("Ops", ada)
    rows = {
        "steps_0_targets": ["schedule:primary", "user:ada"],
        "steps_1_targets": ["team:ops"],
        "steps_1_wait_s": "60",
        "steps_1_round_robin": "on",
        "steps_1_least_severity": "error",
        "steps_1_only_between": "Mon-Fri 09:00 to 17:00 Europe/Vienna",
    }
    response = ada_client.post(f"{POLICIES}add/", form(**rows))
    assert response.status_code == 302, response.context["errors"]
    first, second = EscalationPolicy.objects.get().steps.all()
    assert {target["slug"] for target in first.targets} == {"primary", "ada"}
    assert (second.wait_s, second.round_robin, second.least_severity) == (60, True, "error")
    assert (second.only_between or {})["weekdays"] == [0, 1, 2, 3, 4]


def test_the_page_of_a_policy_says_what_happens_when(ada_client: Client, ada: User) -> None:
    stored = policy(step(user_target(ada)), step(user_target(ada), wait_s=60), name="Shop", repeat=1)
    page = ada_client.get(f"{POLICIES}{stored.pk}/change/").content.decode()
    assert "At once: ada." in page
    assert "After 5 min: ada." in page
    assert "Then all of it once more" in page


def test_a_row_without_targets_is_left_out_and_the_error_of_a_later_one_stands_beside_it(
    ada_client: Client, ada: User
) -> None:
    rows = {"steps_1_targets": ["user:ada"], "steps_1_wait_s": "9999999"}
    response = ada_client.post(f"{POLICIES}add/", form(**rows))
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["steps_1_wait_s"]


def test_hours_that_cannot_be_read_are_answered_beside_their_row(ada_client: Client, ada: User) -> None:
    rows = {"steps_0_targets": ["user:ada"], "steps_0_only_between": "at night"}
    errors = ada_client.post(f"{POLICIES}add/", form(**rows)).context["adminform"].form.errors
    assert "Mon-Fri 09:00" in str(errors["steps_0_only_between"])


def test_a_target_that_is_gone_can_be_seen_and_taken_out(ada_client: Client, ada: User) -> None:
    nights = schedule("Nights")
    target = {"kind": "schedule", "slug": "nights", "id": nights.pk, "name": "Nights"}
    stored = policy(step(target, user_target(ada)), name="Shop")
    nights.delete()
    page = ada_client.get(f"{POLICIES}{stored.pk}/change/").content.decode()
    assert "schedule: nights (gone)" in page


def test_a_policy_without_steps_is_refused(ada_client: Client, db: None) -> None:
    response = ada_client.post(f"{POLICIES}add/", form())
    assert response.status_code == 200
    assert not EscalationPolicy.objects.exists()


def test_a_policy_in_use_says_what_uses_it_and_stays(ada_client: Client, ada: User) -> None:
    stored = policy(step(user_target(ada)), name="Shop")
    ReceiverTarget.objects.create(receiver=Receiver.objects.create(name="shop"), policy=stored)
    page = ada_client.get(f"{POLICIES}{stored.pk}/delete/")
    assert "receiver target" in page.content.decode()
    ada_client.post(f"{POLICIES}{stored.pk}/delete/", {"post": "yes"})
    assert EscalationPolicy.objects.exists()


def test_an_operator_looks_and_has_no_fields_to_change(otto_client: Client, ada: User) -> None:
    stored = policy(step(user_target(ada)), name="Shop")
    page = otto_client.get(f"{POLICIES}{stored.pk}/change/")
    assert page.status_code == 200
    assert "At once: ada." in page.content.decode()
    assert 'name="steps_0_wait_s"' not in page.content.decode()


def test_the_list_of_policies_counts_their_steps(ada_client: Client, ada: User) -> None:
    policy(step(user_target(ada)), step(user_target(ada)), name="Shop")
    assert ada_client.get(POLICIES).status_code == 200


def test_a_running_escalation_is_shown_with_what_it_did(otto_client: Client, ada: User) -> None:
    contact(ada)
    world = World()
    escalation = world.start(policy(step(user_target(ada))))
    world.run()
    page = otto_client.get(f"/admin/oncall/escalation/{escalation.pk}/change/").content.decode()
    assert "Step 1 told ada" in page


def test_a_personal_rule_is_added_changed_and_deleted(ada_client: Client, otto: User) -> None:
    mail = contact(otto)
    data = {"user": otto.pk, "urgency": "high", "contact": mail.pk, "delay_s": "60"}
    assert ada_client.post("/admin/oncall/personalrule/add/", data).status_code == 302
    stored = PersonalRule.objects.get()
    address = f"/admin/oncall/personalrule/{stored.pk}"
    assert ada_client.post(f"{address}/change/", data | {"delay_s": "90"}).status_code == 302
    stored = PersonalRule.objects.get()
    assert stored.delay_s == 90
    ada_client.post(f"/admin/oncall/personalrule/{stored.pk}/delete/", {"post": "yes"})
    assert not PersonalRule.objects.exists()


def test_a_rule_with_somebody_elses_contact_is_answered_beside_its_field(
    ada_client: Client, otto: User, vera: User
) -> None:
    data = {"user": otto.pk, "urgency": "high", "contact": contact(vera).pk, "delay_s": "0"}
    response = ada_client.post("/admin/oncall/personalrule/add/", data)
    assert list(response.context["adminform"].form.errors) == ["contact"]


def test_quiet_hours_are_added_changed_and_deleted(ada_client: Client, otto: User) -> None:
    data = {"user": otto.pk, "time_zone": "UTC", "start": "22:00", "end": "06:00"}
    assert ada_client.post("/admin/oncall/quiethours/add/", data).status_code == 302
    address = f"/admin/oncall/quiethours/{otto.pk}"
    assert ada_client.post(f"{address}/change/", data | {"end": "07:00"}).status_code == 302
    assert f"{QuietHours.objects.get().end:%H}" == "07"
    ada_client.post(f"{address}/delete/", {"post": "yes"})
    assert not QuietHours.objects.exists()


@pytest.mark.parametrize("model", ["escalationpolicy", "escalation", "personalrule", "quiethours"])
def test_lists_open_with_something_in_them(ada_client: Client, ada: User, model: str) -> None:
    rule(contact(ada)), quiet(ada, "22:00", "06:00")
    World().start(policy(step(user_target(ada))))
    assert ada_client.get(f"/admin/oncall/{model}/?q=a").status_code == 200
