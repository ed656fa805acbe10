"""The hub: what each tab is sent, on a clock that the tests turn."""

import asyncio

import orjson
import pytest

from opsportal.live import protocol, topics
from opsportal.live.client import Client
from opsportal.live.hub import Hub
from opsportal.live.window import MAX_FRAMES
from tests.opsportal.live.parts import MAY_VIEW, Board, ManualTimer, person, received, settle, tab


async def watching(hub: Hub, board: Board) -> Client:
    """A tab that has had its snapshot."""
    client = tab(hub)
    hub.subscribe(client, ["board"])
    await settle()
    received(client)
    return client


async def test_a_tab_gets_a_snapshot_when_it_subscribes(hub: Hub, board: Board) -> None:
    board.rows = {"7": {"status": "up"}}
    client = tab(hub)
    hub.subscribe(client, ["board"])
    await settle()
    [frame] = received(client)
    assert frame == {"topic": "board", "epoch": hub.epoch, "seq": 0, "snapshot": {"7": {"status": "up"}}}


async def test_updates_follow_the_snapshot_in_sequence(hub: Hub, board: Board, timer: ManualTimer) -> None:
    client = await watching(hub, board)
    for n in range(3):
        hub.take_updates("board", {"7": n})
        timer.advance(1)
    assert [(frame["seq"], frame["updates"]) for frame in received(client)] == [(n + 1, {"7": n}) for n in range(3)]


async def test_a_burst_becomes_one_frame_at_once_and_one_after_a_quarter_second(
    hub: Hub, board: Board, timer: ManualTimer
) -> None:
    client = await watching(hub, board)
    for n in range(100):
        hub.take_updates("board", {"7": n})
    assert [frame["updates"] for frame in received(client)] == [{"7": 0}]
    timer.advance(0.25)
    assert [frame["updates"] for frame in received(client)] == [{"7": 99}]


async def test_an_update_that_comes_while_the_snapshot_is_made_is_in_it_and_not_lost(
    hub: Hub, board: Board, timer: ManualTimer
) -> None:
    board.gate.clear()
    client = tab(hub)
    hub.subscribe(client, ["board"])
    await settle()
    hub.take_updates("board", {"7": "down"})
    board.gate.set()
    await settle()
    hub.take_updates("board", {"8": "down"})
    timer.advance(1)
    snapshot, update = received(client)
    assert (snapshot["seq"], snapshot["snapshot"]) == (1, {"7": "down"})
    assert (update["seq"], update["updates"]) == (2, {"8": "down"})


async def test_a_tab_that_noticed_a_gap_is_sent_the_whole_again(hub: Hub, board: Board, timer: ManualTimer) -> None:
    client = await watching(hub, board)
    timer.advance(1)
    board.rows = {"7": "down"}
    hub.snapshot(client, ["board"])
    await settle()
    assert [frame["snapshot"] for frame in received(client)] == [{"7": "down"}]


async def test_a_snapshot_is_made_once_for_a_herd_and_anew_after_a_quarter_second(
    hub: Hub, board: Board, timer: ManualTimer
) -> None:
    for _ in range(100):
        await watching(hub, board)
    assert board.asked == 1
    timer.advance(0.25)
    await watching(hub, board)
    assert board.asked == 2


async def test_a_snapshot_of_a_personal_topic_is_not_shared_between_people(hub: Hub, board: Board) -> None:
    topics.register("board", permission=MAY_VIEW, snapshot=board.snapshot, per_user=True)
    for pk in (1, 1, 2):
        hub.subscribe(tab(hub, person(pk)), ["board"])
    await settle()
    assert board.asked == 2


async def test_a_lagging_tab_gets_nothing_until_it_answers_and_then_a_snapshot_not_the_old_frames(
    hub: Hub, board: Board, timer: ManualTimer
) -> None:
    client = await watching(hub, board)
    for n in range(100):
        hub.take_updates("board", {"7": n})
        timer.advance(1)
    assert len(client.window) == MAX_FRAMES
    seen = len(received(client))
    board.rows = {"7": 99}
    hub.acknowledge(client, client.window.sent)
    await settle()
    [frame] = received(client)
    assert (frame["seq"], frame["snapshot"]) == (100, {"7": 99})
    assert seen < MAX_FRAMES


async def test_a_tab_that_does_not_answer_does_not_hold_back_the_others(
    hub: Hub, board: Board, timer: ManualTimer
) -> None:
    await watching(hub, board)
    quick = await watching(hub, board)
    for n in range(100):
        hub.take_updates("board", {"7": n})
        hub.acknowledge(quick, quick.window.sent)
        timer.advance(1)
    assert [frame["seq"] for frame in received(quick)] == list(range(1, 101))


async def test_a_snapshot_that_hangs_is_given_up_and_the_tab_is_told(timer: ManualTimer, board: Board) -> None:
    hub = Hub(timer, snapshot_deadline_s=0)
    board.gate.clear()
    client = tab(hub)
    hub.subscribe(client, ["board"])
    async with asyncio.timeout(5):
        frame = await client._frames.get()
    assert [orjson.loads(frame or "")] == [{"topic": "board", "error": "the snapshot took too long; ask again"}]
    board.gate.set()
    hub.snapshot(client, ["board"])
    assert client in hub.streams["board"].subscribers


async def test_a_snapshot_that_is_not_json_is_an_error_and_not_a_silence(hub: Hub, board: Board) -> None:
    board.rows = {"7": object()}
    client = tab(hub)
    hub.subscribe(client, ["board"])
    await settle()
    assert [frame["error"] for frame in received(client)] == ["the snapshot failed; ask again"]


async def test_the_return_of_valkey_sends_everybody_a_snapshot_begun_after_it(hub: Hub, board: Board) -> None:
    hub.set_upstream(True)
    client = await watching(hub, board)
    hub.set_upstream(False)
    board.rows = {"7": "down"}
    hub.set_upstream(True)
    await settle()
    gone, back, snapshot = received(client)
    assert (gone, back) == ({"upstream": False}, {"upstream": True})
    assert snapshot["snapshot"] == {"7": "down"}


async def test_a_publisher_that_lost_messages_starts_every_topic_afresh(hub: Hub, board: Board) -> None:
    client = await watching(hub, board)
    board.rows = {"7": "down"}
    hub.take_message(b'{"resync": true}')
    await settle()
    assert [frame["snapshot"] for frame in received(client)] == [{"7": "down"}]


@pytest.mark.parametrize("name", ["nowhere", "board:9", "../etc"])
async def test_a_topic_that_does_not_exist_is_denied(hub: Hub, board: Board, name: str) -> None:
    client = tab(hub)
    hub.subscribe(client, [name])
    assert received(client) == [{"topic": name, "denied": True}]


async def test_a_person_without_the_permission_is_denied(hub: Hub, board: Board) -> None:
    client = tab(hub, person(2, "checks.nothing"))
    hub.subscribe(client, ["board"])
    await settle()
    assert received(client) == [{"topic": "board", "denied": True}]
    assert board.asked == 0


async def test_a_topic_whose_object_is_gone_is_denied(hub: Hub) -> None:
    async def nothing_there(user: object, topic: str) -> dict[str, object]:
        raise topics.UnknownTopic(topic)

    topics.register("shelf:", permission=MAY_VIEW, snapshot=nothing_there)
    client = tab(hub)
    hub.subscribe(client, ["shelf:7"])
    await settle()
    topics.unregister("shelf:")
    assert received(client) == [{"topic": "shelf:7", "denied": True}]
    assert hub.streams == {}


async def test_a_tab_may_not_listen_to_endless_topics(hub: Hub, board: Board) -> None:
    topics.register("shelf:", permission=MAY_VIEW, snapshot=board.snapshot)
    client = tab(hub)
    hub.subscribe(client, [f"shelf:{n}" for n in range(protocol.MAX_TOPICS + 1)])
    topics.unregister("shelf:")
    assert received(client) == [{"topic": "shelf:50", "error": "at most 50 topics a tab"}]


async def test_a_topic_that_nobody_listens_to_is_forgotten(hub: Hub, board: Board) -> None:
    client = await watching(hub, board)
    hub.leave(client)
    assert hub.streams == {}
    hub.take_updates("board", {"7": 1})


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"topics": 7}', b'{"topics": {"board": 7}}'])
async def test_nonsense_on_the_channel_is_dropped(hub: Hub, board: Board, body: bytes) -> None:
    client = await watching(hub, board)
    hub.take_message(body)
    assert received(client) == []
