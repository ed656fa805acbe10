"""`/ws/live/` from the handshake on, with real people, sessions, roles and Valkey."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import connection

from opsportal import live
from opsportal.live import protocol
from security.access.models import User
from tests import people
from tests.opsportal.live.parts import Board
from tests.opsportal.live.sockets import closed_with, frame, log_in, opened, socket

pytestmark = pytest.mark.usefixtures("_connections_closed")


async def test_a_viewer_gets_a_snapshot_and_then_what_is_published(board: Board) -> None:
    board.rows = {"7": "up"}
    tab = await opened(await log_in(people.VERA))
    await tab.send_json_to({"subscribe": ["board"]})
    snapshot = await frame(tab)
    await live.apublish("board", {"7": "down"})
    update = await frame(tab)
    assert (snapshot["snapshot"], update["updates"]) == ({"7": "up"}, {"7": "down"})
    assert (update["epoch"], update["seq"]) == (snapshot["epoch"], snapshot["seq"] + 1)
    await tab.disconnect()


async def test_what_synchronous_code_publishes_arrives_too(board: Board) -> None:
    tab = await opened(await log_in(people.VERA))
    await tab.send_json_to({"subscribe": ["board"]})
    await frame(tab)
    await sync_to_async(live.publish)("board", {"7": "down"})
    assert (await frame(tab))["updates"] == {"7": "down"}
    await tab.disconnect()


async def test_nobody_is_served_without_a_session() -> None:
    tab = socket()
    assert (await tab.connect(timeout=5))[0]
    assert await closed_with(tab) == protocol.SIGNED_OUT


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_a_foreign_origin_is_refused_although_the_cookie_is_good(origin: str) -> None:
    tab = socket(await log_in(people.VERA), origin=origin)
    assert not (await tab.connect(timeout=5))[0]


async def test_a_person_without_a_role_is_denied_the_topic(board: Board) -> None:
    tab = await opened(await log_in(people.MALLORY))
    await tab.send_json_to({"subscribe": ["board"]})
    assert await frame(tab) == {"topic": "board", "denied": True}
    await tab.disconnect()


async def test_a_role_that_is_taken_away_takes_the_topic_away_at_once(board: Board) -> None:
    tab = await opened(await log_in(people.VERA))
    await tab.send_json_to({"subscribe": ["board"]})
    await frame(tab)
    vera = await User.objects.aget(username=people.VERA)
    await vera.groups.aset(Group.objects.none())
    await sync_to_async(live.recheck_user)(vera.pk)
    assert await frame(tab) == {"topic": "board", "denied": True}
    await tab.disconnect()


async def test_logging_out_closes_the_tab() -> None:
    browser = await log_in(people.VERA)
    tab = await opened(browser)
    vera = await User.objects.aget(username=people.VERA)
    await sync_to_async(browser.logout)()
    await sync_to_async(live.recheck_user)(vera.pk)
    assert await closed_with(tab) == protocol.SIGNED_OUT


async def test_an_account_that_is_switched_off_closes_its_tabs() -> None:
    tab = await opened(await log_in(people.VERA))
    vera = await User.objects.aget(username=people.VERA)
    await User.objects.filter(pk=vera.pk).aupdate(is_active=False)
    await sync_to_async(live.recheck_user)(vera.pk)
    assert await closed_with(tab) == protocol.SIGNED_OUT


async def test_a_malformed_message_is_answered_and_repeated_ones_close_the_tab() -> None:
    tab = await opened(await log_in(people.VERA))
    await tab.send_to(text_data="nonsense")
    assert await frame(tab) == {"error": "not JSON"}
    for _ in range(4):
        await tab.send_to(bytes_data=b"\x00")
    assert await closed_with(tab) == protocol.MALFORMED


async def test_acknowledging_frames_that_were_never_sent_is_malformed() -> None:
    tab = await opened(await log_in(people.VERA))
    await tab.send_json_to({"ack": 1000})
    assert await frame(tab) == {"error": "ack: more frames than were sent"}
    await tab.disconnect()


async def test_a_tab_that_talks_without_end_is_closed() -> None:
    tab = await opened(await log_in(people.VERA))
    for _ in range(100):
        await tab.send_json_to({"ack": 1})
    assert await closed_with(tab) == protocol.TOO_MANY


async def test_a_database_that_cut_its_connections_serves_the_next_snapshot() -> None:
    async def users(user: object, topic: str) -> dict[str, object]:
        return {str(one.pk): one.username async for one in User.objects.all()}

    live.topics.register("board", permission="checks.view_service", snapshot=users)
    tab = await opened(await log_in(people.VERA))
    for _ in range(2):
        await tab.send_json_to({"subscribe": ["board"]})
        assert people.VERA in (await frame(tab))["snapshot"].values()
        await sync_to_async(cut_all_other_connections, thread_sensitive=False)()
    await tab.disconnect()
    live.topics.unregister("board")


def cut_all_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()
