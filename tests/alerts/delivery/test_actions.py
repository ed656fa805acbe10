"""Writes of channels, contact methods and the outbox."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery import actions
from alerts.delivery.choices import Outcome, State
from alerts.delivery.configuration import channel_settings
from alerts.delivery.models import Channel, ContactMethod, Delivery
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.delivery.outbox_of import NOON, channel, contact, send

pytestmark = pytest.mark.django_db
HOOK = {"url": "https://hooks.example/a", "token": "s3cr3t-token"}


def hook() -> Channel:
    return actions.channel_save(kind="post", name="Hook", settings=HOOK)


def kinds_of_events() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_secrets_are_sealed_apart() -> None:
    stored = hook()
    assert stored.settings == {"url": HOOK["url"]}
    assert HOOK["token"] not in stored.sealed_secrets
    assert channel_settings(stored) == HOOK


def test_a_secret_left_empty_stays() -> None:
    stored = actions.channel_save(channel=hook(), kind="post", name="Hook", settings=HOOK | {"token": ""})
    assert channel_settings(stored) == HOOK


def test_a_stored_secret_is_not_sent_to_another_place() -> None:
    with pytest.raises(ValidationError) as caught:
        actions.channel_save(channel=hook(), kind="post", name="Hook", settings={"url": "https://evil.example/"})
    assert list(caught.value.message_dict) == ["settings.token"]


def test_what_is_wrong_is_said_by_field() -> None:
    with pytest.raises(ValidationError) as caught:
        actions.channel_save(kind="post", name="", settings={"adress": "x"})
    assert {"name", "settings.adress"} <= set(caught.value.message_dict)


def test_a_channel_keeps_its_kind() -> None:
    with pytest.raises(ValidationError, match="keeps its kind"):
        actions.channel_save(channel=hook(), kind="chat", name="Hook")


def test_a_change_is_an_event_and_none_is_none(ada: User) -> None:
    stored = hook()
    actions.channel_save(channel=stored, kind="post", name="Hook", by=ada)
    actions.channel_save(channel=stored, kind="post", name="Hook", enabled=False, by=ada)
    actions.channel_delete(channel=stored, by=ada)
    assert kinds_of_events() == ["alerts.channel.created", "alerts.channel.saved", "alerts.channel.deleted"]
    assert HOOK["token"] not in str(list(Event.objects.values()))


def test_a_channel_that_people_use_is_not_deleted() -> None:
    otto = contact(channel("http://a.example", kind="people"))
    with pytest.raises(ValidationError, match="used by contact methods of otto"):
        actions.channel_delete(channel=otto.channel)


def test_what_a_deleted_channel_was_to_send_has_failed() -> None:
    stored = hook()
    sent = send(stored)
    actions.channel_delete(channel=stored, now=NOON)
    sent.refresh_from_db()
    assert (sent.state, sent.channel, sent.last_error) == (State.FAILED, None, "The channel was deleted.")


def test_an_address_is_normalised_or_refused() -> None:
    people_channel = channel("http://a.example", kind="people")
    assert contact(people_channel, address="Otto@Example.org").address == "otto@example.org"
    with pytest.raises(ValidationError, match=r"looks like name@example\.org"):
        contact(people_channel, address="otto")


def test_a_channel_without_addresses_takes_no_contacts() -> None:
    with pytest.raises(ValidationError, match="choose a channel that takes addresses"):
        contact(hook())


def test_a_changed_address_must_be_confirmed_anew() -> None:
    otto = contact(channel("http://a.example", kind="people"))
    moved = actions.contact_save(
        contact=otto, user=otto.user, channel=otto.channel, name=otto.name, address="new@example.org"
    )
    assert (otto.verified_at, moved.verified_at) == (NOON, None)


def code_of(sent: Delivery) -> str:
    return str(sent.message["title"]).split()[-1]


def unconfirmed() -> ContactMethod:
    otto = contact(channel("http://a.example", kind="people"))
    ContactMethod.objects.update(verified_at=None)
    return otto


def test_the_code_that_was_sent_confirms_an_address() -> None:
    otto = unconfirmed()
    sent = actions.contact_code_send(contact=otto, now=NOON)
    assert sent.address == otto.address
    assert actions.contact_verify(contact=otto, code=code_of(sent), now=NOON).verified_at == NOON


def test_a_code_lasts_a_quarter_of_an_hour() -> None:
    otto = unconfirmed()
    sent = actions.contact_code_send(contact=otto, now=NOON)
    with pytest.raises(ValidationError, match="send a new one"):
        actions.contact_verify(contact=otto, code=code_of(sent), now=NOON + timedelta(minutes=15))


def test_five_wrong_codes_and_the_right_one_no_longer_counts() -> None:
    otto = unconfirmed()
    sent = actions.contact_code_send(contact=otto, now=NOON)
    wrong = "000000" if code_of(sent) != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(ValidationError, match="not the code"):
            actions.contact_verify(contact=otto, code=wrong, now=NOON)
    with pytest.raises(ValidationError, match="send a new one"):
        actions.contact_verify(contact=otto, code=code_of(sent), now=NOON)


def test_codes_are_a_minute_apart() -> None:
    otto = unconfirmed()
    actions.contact_code_send(contact=otto, now=NOON)
    with pytest.raises(ValidationError, match="less than a minute ago"):
        actions.contact_code_send(contact=otto, now=NOON + timedelta(seconds=59))


def test_a_deleted_contact_is_sent_nothing_more() -> None:
    otto = contact(channel("http://a.example", kind="people"))
    sent = send(otto)
    actions.contact_delete(contact=otto, now=NOON)
    sent.refresh_from_db()
    assert (sent.state, sent.ended_why) == (State.CANCELLED, "The contact method was deleted.")


def test_the_same_key_is_the_same_delivery() -> None:
    stored = hook()
    assert send(stored, "A", key="k") == send(stored, "B", key="k")
    assert Delivery.objects.get().message["title"] == "A"


def test_what_is_rolled_back_is_not_sent() -> None:
    stored = hook()
    with transaction.atomic():
        send(stored)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_only_what_waits_is_cancelled() -> None:
    stored = hook()
    waits, done, other = (
        send(stored, "A", key=key, kind=kind) for key, kind in (("1", "firing"), ("2", "firing"), ("3", "update"))
    )
    Delivery.objects.filter(pk=done.pk).update(state=State.DELIVERED)
    assert actions.deliveries_cancel(subject="incident:A", kinds=["firing"], now=NOON, reason="Resolved") == 1
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in (waits, done, other)] == [State.CANCELLED, State.DELIVERED, State.PENDING]


def test_those_who_were_told_or_are_being_told_are_owed_the_end() -> None:
    stored = hook()
    sent = {state: send(stored, "A", key=state) for state in State.values}
    for state, one in sent.items():
        Delivery.objects.filter(pk=one.pk).update(state=state)
    assert {one.state for one in actions.told_of("incident:A")} == {"pending", "sending", "delivered", "bundled"}


def receipt(sent: Delivery, outcome: Outcome, answer: str) -> bool:
    return actions.receipt_store(delivery_id=sent.pk, provider_ref="SM1", outcome=outcome, answer=answer, now=NOON)


def test_what_did_not_arrive_after_all_falls_back() -> None:
    stored = actions.channel_save(
        kind="post", name="Hook", settings=HOOK, fallback=channel("http://b.example", "Second")
    )
    sent = send(stored)
    Delivery.objects.filter(pk=sent.pk).update(state=State.DELIVERED, provider_ref="SM1", attempts_made=1)
    assert receipt(sent, Outcome.PERMANENT, "undelivered")
    assert not receipt(sent, Outcome.PERMANENT, "undelivered")
    sent.refresh_from_db()
    assert (sent.state, sent.fallback_at, sent.last_error) == (State.FAILED, NOON, "undelivered")


def test_a_receipt_of_another_message_is_passed_over() -> None:
    sent = send(hook())
    assert not receipt(sent, Outcome.DELIVERED, "delivered")
