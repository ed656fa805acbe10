"""What the hub does by the clock."""

from opsportal.live import protocol
from opsportal.live.housekeeping import Housekeeping
from opsportal.live.hub import Hub
from tests.opsportal.live.parts import Board, ManualTimer, person, reader, received, settle, tab


async def test_a_quiet_line_hears_a_heartbeat(hub: Hub, timer: ManualTimer) -> None:
    client = tab(hub)
    hub.housekeeping.start()
    timer.advance(20)
    assert [list(frame) for frame in received(client)] == [["beat"]]


async def test_a_tab_that_never_acknowledges_is_closed_after_a_minute(hub: Hub, timer: ManualTimer) -> None:
    client = tab(hub)
    hub.housekeeping.start()
    timer.advance(60)
    assert not client.is_closing
    timer.advance(5)
    assert client.close_code == protocol.TOO_SLOW


async def test_a_tab_that_acknowledges_stays(hub: Hub, timer: ManualTimer) -> None:
    client = tab(hub)
    hub.housekeeping = Housekeeping(hub, reader({"session": person()}))
    hub.housekeeping.start()
    for _ in range(30):
        timer.advance(10)
        hub.acknowledge(client, client.window.sent)
    await settle()
    assert not client.is_closing


async def test_a_lost_permission_takes_the_topic_away(hub: Hub, board: Board) -> None:
    client = tab(hub)
    hub.subscribe(client, ["board"])
    await settle()
    received(client)
    hub.housekeeping = Housekeeping(hub, reader({"session": person(1, "checks.nothing")}))
    hub.take_message(b'{"recheck": 1}')
    await settle()
    assert received(client) == [{"topic": "board", "denied": True}]
    hub.take_updates("board", {"7": "secret"})
    assert received(client) == []


async def test_a_session_that_is_over_closes_its_tabs_and_no_others(hub: Hub) -> None:
    gone, here = tab(hub, person(1), "gone"), tab(hub, person(1), "here")
    hub.housekeeping = Housekeeping(hub, reader({"here": person(1)}))
    hub.housekeeping.recheck_user(1)
    await settle()
    assert (gone.close_code, here.close_code) == (protocol.SIGNED_OUT, None)


async def test_access_is_read_again_every_five_minutes_without_being_asked(hub: Hub, timer: ManualTimer) -> None:
    client = tab(hub)
    hub.housekeeping = Housekeeping(hub, reader({}))
    hub.housekeeping.start()
    for _ in range(6):
        timer.advance(50)
        hub.acknowledge(client, client.window.sent)
    timer.advance(5)
    await settle()
    assert client.close_code == protocol.SIGNED_OUT
