"""The page "My notifications": everybody for themself."""

import re
from datetime import time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.delivery.models import ContactMethod, Delivery
from alerts.oncall.models import PersonalRule, QuietHours
from security.access.models import User
from tests.alerts.oncall.world import channel, contact, quiet, rule

PAGE = "/me/notifications/"


@pytest.fixture
def mail(db: None) -> None:
    channel("Mail", "email", settings={})


def act(client: Client, method: ContactMethod, name: str, **data: str) -> str:
    """What the person is told."""
    response = client.post(f"{PAGE}contacts/{method.pk}/{name}/", data, follow=True)
    return " ".join(str(message) for message in response.context["messages"])


def test_somebody_without_a_role_may_look_and_is_told_that_nothing_reaches_them(mallory_client: Client) -> None:
    page = mallory_client.get(PAGE).content.decode()
    assert "Nothing reaches you" in page
    assert "An Administrator has to add a channel" in page


def test_a_stranger_is_sent_to_the_log_in(client: Client, db: None) -> None:
    assert client.get(PAGE)["Location"].startswith("/login/")


def test_the_menu_of_the_account_leads_there(vera_client: Client) -> None:
    assert f'href="{PAGE}"' in vera_client.get("/").content.decode()


@pytest.mark.usefixtures("mail")
def test_a_way_is_added_and_a_code_is_sent_there(vera: User, vera_client: Client) -> None:
    data = {"channel": str(channel("Mail").pk), "name": "My mail", "address": "vera@example.org"}
    response = vera_client.post(f"{PAGE}contacts/", data, follow=True)
    method = ContactMethod.objects.get(user=vera)
    assert (method.name, method.verified_at) == ("My mail", None)
    assert Delivery.objects.get().address == "vera@example.org"
    assert "Enter the code" in response.content.decode()


@pytest.mark.usefixtures("mail")
def test_an_address_that_is_none_is_answered_beside_its_field(vera_client: Client) -> None:
    data = {"channel": str(channel("Mail").pk), "name": "My mail", "address": "nonsense"}
    response = vera_client.post(f"{PAGE}contacts/", data)
    assert response.status_code == 400
    assert response.context["contact_form"].errors["address"]
    assert not ContactMethod.objects.exists()


def test_a_channel_that_takes_no_addresses_is_not_offered(vera_client: Client) -> None:
    hook = channel("Hook", "webhook")
    response = vera_client.post(f"{PAGE}contacts/", {"channel": str(hook.pk), "name": "Hook", "address": "x"})
    assert response.status_code == 400
    assert not ContactMethod.objects.exists()


def test_the_code_confirms_the_address(vera: User, vera_client: Client) -> None:
    method = contact(vera, verified_at=None)
    act(vera_client, method, "send-code")
    code = re.findall(r"\d{6}", Delivery.objects.get().message["title"])[0]
    assert "is confirmed" in act(vera_client, method, "verify", code=code)
    method.refresh_from_db()
    assert method.verified_at is not None


def test_a_wrong_code_confirms_nothing(vera: User, vera_client: Client) -> None:
    method = contact(vera, verified_at=None)
    act(vera_client, method, "send-code")
    assert "not the code" in act(vera_client, method, "verify", code="x")
    method.refresh_from_db()
    assert method.verified_at is None


def test_a_test_goes_the_way_that_pages_go(vera: User, vera_client: Client) -> None:
    words = act(vera_client, contact(vera), "test")
    assert "on its way" in words
    sent = Delivery.objects.get()
    assert (sent.kind, sent.user, sent.why) == ("test", vera, "You asked for a test")


def test_tests_are_not_sent_again_and_again(vera: User, vera_client: Client) -> None:
    method = contact(vera)
    act(vera_client, method, "test")
    assert "less than half a minute ago" in act(vera_client, method, "test")
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert "on its way" in act(vera_client, method, "test")


def test_nothing_is_tested_that_is_not_confirmed(vera: User, vera_client: Client) -> None:
    assert "Confirm the address first" in act(vera_client, contact(vera, verified_at=None), "test")
    assert not Delivery.objects.exists()


def test_a_way_is_switched_off_and_on_and_deleted(vera: User, vera_client: Client) -> None:
    method = contact(vera, address="vera@example.org")
    act(vera_client, method, "switch")
    assert not ContactMethod.objects.get().enabled
    act(vera_client, method, "switch")
    assert ContactMethod.objects.get().enabled
    act(vera_client, method, "delete")
    assert not ContactMethod.objects.exists()


def test_somebody_elses_contact_is_not_there(otto: User, vera_client: Client) -> None:
    theirs = contact(otto)
    assert vera_client.post(f"{PAGE}contacts/{theirs.pk}/delete/").status_code == 404
    assert vera_client.post(f"{PAGE}contacts/{theirs.pk}/steal/").status_code == 404
    assert ContactMethod.objects.exists()


def test_rules_are_saved_in_minutes(vera: User, vera_client: Client) -> None:
    mail, sms = contact(vera, "Mail"), contact(vera, "SMS")
    rows = {"contact_0": str(sms.pk), "after_0": "2.5", "contact_1": str(mail.pk), "after_1": ""}
    response = vera_client.post(f"{PAGE}rules/high/", {"urgency": "high", **rows})
    assert response.status_code == 302
    assert list(PersonalRule.objects.values_list("contact", "delay_s")) == [(mail.pk, 0), (sms.pk, 150)]


def test_rules_without_a_contact_are_left_out_so_that_all_can_be_taken_away(vera: User, vera_client: Client) -> None:
    rule(contact(vera))
    vera_client.post(f"{PAGE}rules/high/", {"urgency": "high", "contact_0": "", "after_0": "0"})
    assert not PersonalRule.objects.exists()


def test_an_error_stands_beside_its_row(vera: User, vera_client: Client) -> None:
    mail = contact(vera)
    rows = {"contact_0": str(mail.pk), "after_0": "0", "contact_1": str(mail.pk), "after_1": "0"}
    response = vera_client.post(f"{PAGE}rules/high/", {"urgency": "high", **rows})
    assert response.status_code == 400
    assert "stands above already" in str(response.context["high_form"].errors["after_1"])


def test_a_rule_with_somebody_elses_contact_is_refused(otto: User, vera_client: Client) -> None:
    rows = {"contact_0": str(contact(otto).pk), "after_0": "0"}
    assert vera_client.post(f"{PAGE}rules/high/", {"urgency": "high", **rows}).status_code == 400
    assert not PersonalRule.objects.exists()


def test_the_rules_of_no_such_urgency_are_not_there(vera_client: Client) -> None:
    assert vera_client.post(f"{PAGE}rules/panic/").status_code == 404


def test_quiet_hours_are_set_and_taken_away(vera: User, vera_client: Client) -> None:
    data = {"start": "22:00", "end": "07:00", "time_zone": "Europe/Vienna"}
    vera_client.post(f"{PAGE}quiet-hours/", data)
    stored = QuietHours.objects.get(user=vera)
    assert (stored.start, stored.end, stored.time_zone) == (time(22), time(7), "Europe/Vienna")
    vera_client.post(f"{PAGE}quiet-hours/", {"none": "1"})
    assert not QuietHours.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars"), ("end", "22:00"), ("start", "late")])
def test_wrong_quiet_hours_are_answered_beside_their_field(vera_client: Client, field: str, value: str) -> None:
    data = {"start": "22:00", "end": "07:00", "time_zone": "UTC"} | {field: value}
    response = vera_client.post(f"{PAGE}quiet-hours/", data)
    assert response.status_code == 400
    assert response.context["quiet_form"].errors[field]


def test_it_says_how_one_would_be_told_now(vera: User, vera_client: Client) -> None:
    rule(contact(vera, "Mail")), rule(contact(vera, "SMS"), 300)
    page = vera_client.get(PAGE).content.decode()
    assert "<strong>at once by Mail</strong> and <strong>after 5 min by SMS</strong>" in page


def test_it_shows_what_was_sent_and_what_came_of_it(vera: User, vera_client: Client) -> None:
    act(vera_client, contact(vera), "test")
    Delivery.objects.update(state="failed", last_error="550 no such user")
    page = vera_client.get(PAGE).content.decode()
    assert "Test of your notifications" in page
    assert "550 no such user" in page


def test_names_and_addresses_are_shown_as_text(vera: User, vera_client: Client) -> None:
    contact(vera, address="<script>alert(1)</script>")
    quiet(vera, "22:00", "07:00")
    assert "<script>alert(1)</script>" not in vera_client.get(PAGE).content.decode()


def test_there_is_an_end_to_how_many_ways_somebody_may_have(vera: User, vera_client: Client) -> None:
    place = channel("Mail", "email")
    for number in range(20):
        contact(vera, f"M{number}", channel=place, address=f"vera+{number}@example.org")
    data = {"channel": str(place.pk), "name": "One more", "address": "vera@example.org"}
    assert vera_client.post(f"{PAGE}contacts/", data).status_code == 400
    assert ContactMethod.objects.count() == 20
