"""Policies, personal rules, quiet hours and running escalations through the API."""

from typing import Any

import pytest
from django.test import Client

from alerts.oncall.models import EscalationPolicy, PersonalRule, QuietHours
from security.access.actions import user_create
from security.access.models import User
from security.access.roles import MANAGER
from tests.alerts.oncall.world import World, contact, policy, quiet, rule, schedule, step, user_target
from tests.conftest import logged_in

POLICIES = "/api/v1/escalation-policies/"
RULES = "/api/v1/personal-rules/"
QUIET = "/api/v1/quiet-hours/"
STEP = {"targets": [{"kind": "user", "slug": "ada"}], "wait_s": 60}
HOURS = {"time_zone": "UTC", "weekdays": [0], "start": "09:00", "end": "17:00"}


def send(client: Client, method: str, address: str, body: Any) -> Any:
    return getattr(client, method)(address, body, content_type="application/json")


def test_a_policy_is_made_read_changed_and_deleted(ada_client: Client) -> None:
    made = send(ada_client, "post", POLICIES, {"name": "Shop", "steps": [STEP, STEP | {"only_between": HOURS}]})
    assert made.status_code == 201, made.content
    assert made.json()["in_words"][0] == "At once: ada."
    assert made.json()["steps"][0]["targets"] == [{"kind": "user", "slug": "ada", "name": "ada"}]
    changed = send(ada_client, "patch", f"{POLICIES}shop/", {"repeat": 5})
    assert (changed.json()["repeat"], len(changed.json()["steps"])) == (5, 2)
    assert ada_client.delete(f"{POLICIES}shop/").status_code == 204
    assert not EscalationPolicy.objects.exists()


def test_an_error_names_the_step_and_the_target(ada_client: Client) -> None:
    wrong = STEP | {"targets": [{"kind": "schedule", "slug": "nights"}]}
    answer = send(ada_client, "post", POLICIES, {"name": "Shop", "steps": [STEP, wrong]})
    assert answer.status_code == 400
    assert "steps.1.targets.0.slug" in answer.json()["errors"]


def test_what_is_read_can_be_sent_back(ada_client: Client, ada: User) -> None:
    schedule("Primary", ada)
    body = {"name": "Shop", "steps": [STEP | {"targets": [{"kind": "schedule", "slug": "primary"}]}]}
    read = send(ada_client, "post", POLICIES, body).json()
    assert send(ada_client, "put", f"{POLICIES}shop/", read).json() == read


def test_a_viewer_looks_and_changes_nothing(vera_client: Client, ada: User) -> None:
    policy(step(user_target(ada)), name="Shop")
    assert vera_client.get(f"{POLICIES}shop/").status_code == 200
    assert send(vera_client, "patch", f"{POLICIES}shop/", {"repeat": 5}).status_code == 403


def test_a_running_escalation_says_what_each_step_did(vera_client: Client, ada: User) -> None:
    contact(ada)
    world = World()
    escalation = world.start(policy(step(user_target(ada)), name="Shop"))
    world.run()
    listed = vera_client.get("/api/v1/escalations/?subject=incident:42&state=running").json()["results"]
    assert [one["policy"] for one in listed] == ["shop"]
    entry = vera_client.get(f"/api/v1/escalations/{escalation.pk}/").json()["entries"][0]
    assert (entry["step"], entry["outcome"]) == (1, "told")
    assert entry["summary"].startswith("Step 1 told ada")


def test_everybody_makes_their_own_rules(vera_client: Client, vera: User) -> None:
    mail = contact(vera)
    made = send(vera_client, "post", RULES, {"urgency": "high", "contact": mail.pk, "delay_s": 60})
    assert made.status_code == 201, made.content
    address = f"{RULES}{made.json()['id']}/"
    changed = send(vera_client, "patch", address, {"delay_s": 90})
    assert (changed.json()["user"], changed.json()["delay_s"]) == ("vera", 90)
    assert vera_client.delete(f"{RULES}{changed.json()['id']}/").status_code == 204
    assert not PersonalRule.objects.exists()


def test_somebody_elses_rules_are_not_there(vera_client: Client, otto: User) -> None:
    theirs = rule(contact(otto))
    assert vera_client.get(RULES).json()["results"] == []
    assert vera_client.delete(f"{RULES}{theirs.pk}/").status_code == 404
    body = {"user": "otto", "contact": theirs.contact_id}
    assert send(vera_client, "post", RULES, body).status_code == 403


def test_somebody_elses_contact_is_refused_by_its_name(vera_client: Client, otto: User) -> None:
    answer = send(vera_client, "post", RULES, {"contact": contact(otto).pk})
    assert answer.status_code == 400
    assert "contact" in answer.json()["errors"]


def test_a_manager_sets_the_rules_of_others(otto: User) -> None:
    client = logged_in(user_create(username="mona", password=None, roles=[MANAGER]))
    mail = contact(otto)
    assert send(client, "post", RULES, {"user": "otto", "contact": mail.pk}).status_code == 201
    assert client.get(f"{RULES}?user=otto").json()["results"][0]["contact"] == mail.pk


def test_a_rule_may_go_over_to_the_other_urgency(vera_client: Client, vera: User) -> None:
    stored = rule(contact(vera))
    answer = send(vera_client, "patch", f"{RULES}{stored.pk}/", {"urgency": "normal"})
    assert answer.status_code == 200
    assert list(PersonalRule.objects.values_list("urgency", flat=True)) == ["normal"]


def test_quiet_hours_by_user_name(vera_client: Client) -> None:
    body = {"time_zone": "Europe/Vienna", "start": "22:00", "end": "07:00"}
    assert send(vera_client, "post", QUIET, body).status_code == 201
    assert send(vera_client, "patch", f"{QUIET}vera/", {"end": "08:00"}).json()["end"] == "08:00"
    assert vera_client.delete(f"{QUIET}vera/").status_code == 204
    assert not QuietHours.objects.exists()


def test_somebody_elses_quiet_hours_are_not_there(vera_client: Client, otto: User) -> None:
    quiet(otto, "22:00", "07:00")
    assert vera_client.get(f"{QUIET}otto/").status_code == 404
    body = {"user": "otto", "start": "01:00", "end": "02:00"}
    assert send(vera_client, "post", QUIET, body).status_code == 403


@pytest.mark.parametrize("body", [{"steps": []}, {"steps": "all"}, {"steps": [{}]}, {"steps": [STEP] * 21}])
def test_wrong_steps_are_a_client_error(ada_client: Client, body: dict[str, Any]) -> None:
    assert send(ada_client, "post", POLICIES, {"name": "Shop", **body}).status_code == 400
