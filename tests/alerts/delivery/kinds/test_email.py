"""Mail against a strict SMTP server."""

import asyncio
from typing import Any

import pytest
from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Sent
from tests.alerts.delivery.messages import NOW, envelope, kind_with, message
from tests.fakes.certificates import authority, issued
from tests.fakes.http_peers import free_port, peer, silent
from tests.fakes.smtp import FakeSmtp, smtp_server

FROM = "Opsportal <alerts@example.org>"


async def mailed(server: FakeSmtp, told: Any = None, *, address: str = "ada@example.org", **settings: Any) -> Sent:
    async with smtp_server(server):
        values = {"host": "127.0.0.1", "port": server.port, "security": "none", "from_address": FROM, **settings}
        return await kind_with("email", **values).send(envelope(told, address=address))


async def test_a_mail_has_text_and_html_and_says_that_a_machine_wrote_it() -> None:
    server = FakeSmtp()
    sent = await mailed(server)
    assert (sent.outcome, sent.status_code, sent.answer) == (Outcome.DELIVERED, 250, "2.0.0 queued as 7F3A")
    mail = server.kept[0]
    assert mail["Subject"] == "FIRING #42: Checkout is down"
    assert (mail["Auto-Submitted"], mail["X-Priority"]) == ("auto-generated", "1")
    assert mail["Date"].datetime == NOW
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "Three of three instances answer 503." in text
    assert "CheckoutDown" in html


async def test_the_message_id_is_the_same_on_every_try_and_the_thread_holds_together() -> None:
    server = FakeSmtp()
    for told in (message(), message(), message(kind="resolved")):
        await mailed(server, told)
    first, again, resolved = server.kept
    assert first["Message-ID"] == again["Message-ID"]
    assert first["References"] == resolved["References"] == resolved["In-Reply-To"]


@pytest.mark.parametrize(
    "title", ["a\r\nBcc: mallory@example.org", "Störung 🔥 im Lager", "\x00\u202egnp.exe", "x" * 2_000]
)
async def test_no_title_breaks_the_headers(title: str) -> None:
    server = FakeSmtp()
    assert (await mailed(server, message(title=title))).outcome == Outcome.DELIVERED
    assert server.kept[0]["Bcc"] is None
    assert len(server.kept[0]["Subject"]) <= 250


async def test_markup_in_a_message_is_text_in_the_html() -> None:
    server = FakeSmtp()
    await mailed(server, message(text="<script>alert(1)</script>"))
    html = list(server.kept[0].iter_parts())[1].get_content()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


async def test_a_server_of_small_mails_gets_a_shorter_one_that_says_so() -> None:
    server = FakeSmtp(size=20_000)
    assert (await mailed(server, message(text="word " * 10_000))).outcome == Outcome.DELIVERED
    assert "more characters)" in next(server.kept[0].iter_parts()).get_content()


async def test_starttls_and_a_log_in() -> None:
    server = FakeSmtp(password="pass word", tls=issued("127.0.0.1").server_context())
    options = {"security": "starttls", "username": "ada", "password": "pass word", "ca_pem": authority().pem}
    assert (await mailed(server, **options)).outcome == Outcome.DELIVERED


async def test_tls_from_the_start() -> None:
    server = FakeSmtp(tls=issued("127.0.0.1").server_context(), tls_from_start=True)
    assert (await mailed(server, security="tls", ca_pem=authority().pem)).outcome == Outcome.DELIVERED


async def test_a_certificate_that_is_not_trusted_is_not_spoken_to() -> None:
    server = FakeSmtp(tls=issued("127.0.0.1").server_context())
    sent = await mailed(server, security="starttls")
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.RETRY, True)
    assert "certificate" in sent.answer.lower()
    assert server.kept == []


async def test_a_wrong_password_is_refused_for_good() -> None:
    server = FakeSmtp(password="right", tls=issued("127.0.0.1").server_context())
    options = {"security": "starttls", "username": "ada", "password": "wr0ng-one", "ca_pem": authority().pem}
    sent = await mailed(server, **options)
    assert (sent.outcome, sent.status_code) == (Outcome.PERMANENT, 535)
    assert "wr0ng-one" not in sent.answer


@pytest.mark.parametrize(
    ("reply", "outcome", "at_fault"),
    [
        ("550 5.1.1 no such mailbox", Outcome.PERMANENT, False),
        ("450 4.2.0 greylisted, come back later", Outcome.RETRY, False),
        ("421 4.3.2 shutting down", Outcome.RETRY, True),
    ],
)
async def test_a_reply_means_one_thing(reply: str, outcome: Outcome, at_fault: bool) -> None:
    sent = await mailed(FakeSmtp(refuse_recipient=reply))
    assert (sent.outcome, sent.endpoint_at_fault, sent.status_code) == (outcome, at_fault, int(reply[:3]))
    assert sent.answer == reply[4:]


async def test_a_name_that_is_not_ascii_needs_a_server_that_takes_it() -> None:
    assert (await mailed(FakeSmtp(), address="ärzte@exämple.org")).outcome == Outcome.DELIVERED
    sent = await mailed(FakeSmtp(smtputf8=False), address="ärzte@exämple.org")
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.PERMANENT, False)


async def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    async with peer(silent) as server:
        kind = kind_with(
            "email", host="127.0.0.1", port=server.port, security="none", from_address=FROM, timeout_s=1, to="a@b.org"
        )
        sent = await asyncio.wait_for(kind.send(envelope()), 10)
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.RETRY, True)


async def test_nobody_there_is_the_endpoints_fault() -> None:
    kind = kind_with("email", host="127.0.0.1", port=free_port(), security="none", from_address=FROM, to="a@b.org")
    sent = await kind.send(envelope())
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.RETRY, True)


@pytest.mark.parametrize(
    "address", ["nobody", "a@b\r\nBcc: c@d.org", "two@example.org, three@example.org", "a b@c.org", "@x.org"]
)
def test_what_is_no_address_is_refused_where_it_is_entered(address: str) -> None:
    with pytest.raises(forms.ValidationError):
        type(kind_with("email", host="mail.example", from_address=FROM)).clean_address(address)


def test_a_password_is_not_sent_in_the_clear() -> None:
    with pytest.raises(forms.ValidationError) as caught:
        kind_with("email", host="m.example", from_address=FROM, security="none", username="ada", password="secret")
    assert "in the clear" in str(caught.value.message_dict["security"])
