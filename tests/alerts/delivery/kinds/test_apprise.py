"""Apprise, by its plugin for plain JSON, against a real server."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from django import forms
from pytest_django.fixtures import Settings

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.apprise import AppriseKind, names_its_host, service
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.http_peers import peer, silent
from tests.fakes.serving import serving


class Receiver:
    """Keeps what apprise posts."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.kept: list[dict[str, Any]] = []

    def application(self) -> web.Application:
        async def take(request: web.Request) -> web.Response:
            self.kept.append(await request.json())
            return web.Response(status=self.status)

        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/{path:.*}", take)
        return application


async def test_a_message_is_sent_by_the_service_of_the_url() -> None:
    receiver = Receiver()
    async with serving(receiver.application()) as url:
        sent = await kind_with("apprise", url=url.replace("http", "json") + "/hook").send(envelope())
    assert sent.outcome == Outcome.DELIVERED
    assert receiver.kept[0]["title"] == "FIRING #42: Checkout is down"
    assert receiver.kept[0]["type"] == "failure"
    assert "Three of three instances" in receiver.kept[0]["message"]


async def test_a_long_message_is_cut_by_us_and_says_so() -> None:
    receiver = Receiver()
    async with serving(receiver.application()) as url:
        await kind_with("apprise", url=url.replace("http", "json")).send(
            envelope(message(facts={f"{n}": "x" * 7_000 for n in range(9)}))
        )
    assert "more characters)" in receiver.kept[0]["message"]


async def test_what_is_not_taken_is_tried_again_and_apprise_says_why() -> None:
    async with serving(Receiver(503).application()) as url:
        sent = await kind_with("apprise", url=url.replace("http", "json") + "/s3cr3t-path").send(envelope())
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.RETRY, True)
    assert "503" in sent.answer
    assert "s3cr3t" not in sent.answer


async def test_a_service_that_hangs_is_left_at_the_deadline() -> None:
    async with peer(silent) as hanging:
        kind = kind_with("apprise", url=f"json://{hanging.where}/?rto=2", timeout_s=1)
        sent = await asyncio.wait_for(kind.send(envelope()), 10)
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.RETRY, True)
    assert "within 1 s" in sent.answer


async def test_a_service_whose_host_is_chosen_needs_leave_for_private_addresses(settings: Settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    sent = await kind_with("apprise", url="json://127.0.0.1:1/").send(envelope())
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.PERMANENT, False)
    assert "WEBHOOKS_ALLOW_PRIVATE" in sent.answer


@pytest.mark.parametrize("url", ["syslog://", "dbus://", "nonsense://x", "no url", "SYSLOG://local0"])
def test_what_is_no_service_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(forms.ValidationError):
        kind_with("apprise", url=url)


@pytest.mark.parametrize(
    ("url", "chosen"),
    [
        ("pover://u" + "a" * 29 + "@a" + "b" * 29, False),
        ("json://example.org/", True),
        ("mailto://a:b@example.org", True),
    ],
)
def test_a_service_with_a_fixed_host_is_told_from_one_with_any(url: str, chosen: bool) -> None:
    assert names_its_host(service(url)) is chosen


def test_the_endpoint_is_the_service() -> None:
    assert AppriseKind({"url": "pover://user@token", "timeout_s": 5}).endpoint("") == "apprise pover"
