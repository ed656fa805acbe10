"""WebSocket tabs of real people against the portal's own ASGI application."""

from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from opsportal.asgi import application
from tests import people

ORIGIN = "http://localhost"


@sync_to_async
def log_in(name: str) -> Client:
    """The browser of a new person of tests/people.py, logged in."""
    browser = Client()
    browser.force_login(people.person(name))
    return browser


def cookie_of(browser: Client) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def socket(browser: Client | None = None, origin: str = ORIGIN) -> WebsocketCommunicator:
    headers = [(b"origin", origin.encode())]
    if browser is not None:
        headers.append((b"cookie", cookie_of(browser).encode()))
    return WebsocketCommunicator(application, "/ws/live/", headers=headers)


async def opened(browser: Client) -> WebsocketCommunicator:
    """A connected tab that has been welcomed."""
    tab = socket(browser)
    assert await tab.connect(timeout=5) == (True, None)
    assert (await frame(tab))["hello"] is True
    return tab


async def frame(tab: WebsocketCommunicator) -> dict[str, Any]:
    answer: dict[str, Any] = await tab.receive_json_from(timeout=10)
    return answer


async def closed_with(tab: WebsocketCommunicator) -> int:
    """The code the server closes the tab with, after whatever frames come first."""
    while True:
        output = await tab.receive_output(timeout=10)
        if output["type"] == "websocket.close":
            return int(output["code"])
