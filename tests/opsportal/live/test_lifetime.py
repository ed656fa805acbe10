"""The hub of a process: it comes with the first tab, goes with the last, and outlives its Valkey."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
import redis
from pytest_django.fixtures import Settings

from opsportal.live import publisher
from opsportal.live.client import Client
from opsportal.live.lifetime import _running, membership
from opsportal.live.publisher import Outage
from opsportal.stack import paths, valkey
from tests.opsportal.live.parts import Board, person, received
from tests.real_parts import start, wait_until


class OwnValkey:
    """A Valkey of the test's own, to be killed and brought back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = paths.valkey_url(folder)
        self._process: Popen[bytes] | None = None

    def start(self) -> None:
        log = self._folder / "valkey.log"
        self._process = start(valkey.command(self._folder), log, signal.SIGKILL, env=valkey.environment())
        wait_until(lambda: redis.Redis.from_url(self.url).ping(), "Valkey", log)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def own_valkey(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnValkey]:
    server = OwnValkey(tmp_path)
    settings.REDIS_URL = server.url
    monkeypatch.setattr(publisher, "_client", None)
    monkeypatch.setattr(publisher, "outage", Outage())
    server.start()
    yield server
    server.kill()


async def next_with(client: Client, key: str) -> dict[str, object]:
    """The next frame that has `key`."""
    async with asyncio.timeout(20):
        while True:
            for frame in received(client):
                if key in frame:
                    return frame
            await asyncio.sleep(0.01)


def new_tab() -> Client:
    return Client("session", person(), asyncio.get_running_loop().time())


async def test_the_subscription_is_there_before_the_first_tab_is_welcomed(own_valkey: OwnValkey) -> None:
    client = new_tab()
    async with membership(client):
        assert (await next_with(client, "hello"))["upstream"] is True
        assert redis.Redis.from_url(own_valkey.url).pubsub_numsub(publisher.CHANNEL)[0][1] == 1


async def test_two_tabs_share_a_hub_which_ends_with_the_last_of_them(own_valkey: OwnValkey) -> None:
    async with membership(new_tab()) as first:
        async with membership(new_tab()) as second:
            assert first is second
        assert asyncio.get_running_loop() in _running
    assert asyncio.get_running_loop() not in _running
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "live subscription"]


async def test_after_a_restart_of_valkey_the_tab_is_told_and_gets_what_it_missed(
    own_valkey: OwnValkey, board: Board
) -> None:
    client = new_tab()
    async with membership(client) as hub:
        hub.subscribe(client, ["board"])
        await next_with(client, "snapshot")
        own_valkey.kill()
        assert (await next_with(client, "upstream"))["upstream"] is False
        board.rows = {"7": "down"}
        await publisher.apublish("board", board.rows)  # lost
        own_valkey.start()
        assert (await next_with(client, "snapshot"))["snapshot"] == {"7": "down"}
        await publisher.adisconnect()


async def test_a_tab_is_served_while_valkey_is_away_and_told_so(own_valkey: OwnValkey, board: Board) -> None:
    own_valkey.kill()
    client = new_tab()
    async with membership(client) as hub:
        assert (await next_with(client, "hello"))["upstream"] is False
        hub.subscribe(client, ["board"])
        await next_with(client, "snapshot")
