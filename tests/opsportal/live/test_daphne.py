"""The whole way through a real daphne: a publisher in one process, tabs in another."""

from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from asgiref.sync import sync_to_async

from opsportal import live
from opsportal.live import protocol
from tests import people
from tests.opsportal.live.daphne import Daphne
from tests.opsportal.live.sockets import cookie_of, log_in

pytestmark = pytest.mark.usefixtures("_connections_closed")


@pytest.fixture
def daphne(transactional_db: None, tmp_path: Path) -> Iterator[Daphne]:
    server = Daphne(tmp_path)
    server.start()
    yield server
    server.kill()


async def test_an_update_travels_from_a_publisher_to_a_tab(daphne: Daphne) -> None:
    headers = {"Origin": daphne.url, "Cookie": cookie_of(await log_in(people.VERA))}
    async with aiohttp.ClientSession() as session:
        tab = await session.ws_connect(f"{daphne.url}/ws/live/", headers=headers)
        assert (await tab.receive_json(timeout=10))["upstream"] is True
        await tab.send_json({"subscribe": ["board"]})
        assert (await tab.receive_json(timeout=10))["snapshot"] == {"7": "up"}
        await live.apublish("board", {"7": "down"})
        assert (await tab.receive_json(timeout=10))["updates"] == {"7": "down"}


async def test_a_tab_without_a_session_learns_that_it_must_log_in(daphne: Daphne) -> None:
    async with aiohttp.ClientSession() as session:
        tab = await session.ws_connect(f"{daphne.url}/ws/live/", headers={"Origin": daphne.url})
        await tab.receive(timeout=10)
        assert tab.close_code == protocol.SIGNED_OUT


async def test_a_foreign_page_is_refused_at_the_handshake(daphne: Daphne) -> None:
    headers = {"Origin": "https://evil.example", "Cookie": cookie_of(await log_in(people.VERA))}
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(f"{daphne.url}/ws/live/", headers=headers)


async def test_daphne_stops_cleanly_with_tabs_connected(daphne: Daphne) -> None:
    headers = {"Origin": daphne.url, "Cookie": cookie_of(await log_in(people.VERA))}
    async with aiohttp.ClientSession() as session:
        tab = await session.ws_connect(f"{daphne.url}/ws/live/", headers=headers)
        await tab.receive_json(timeout=10)
        await sync_to_async(daphne.terminate, thread_sensitive=False)()
    assert "Traceback" not in daphne.log()
    assert "was destroyed but it is pending" not in daphne.log()
