"""static/opsportal/live.js in a real Chromium, against a server that each test plays by hand."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect, sync_playwright

SCRIPT = Path(__file__).parents[3] / "static" / "opsportal" / "live.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# A page that writes down what its handlers are told, under the portal's own rule for scripts.
PAGE = """<!doctype html><title>live</title><script type="module" src="/page.js"></script><ol id="seen"></ol>"""
PAGE_SCRIPT = """
import * as live from "/live.js";
window.live = live;
const note = (text) => document.querySelector("#seen").insertAdjacentHTML("beforeend", `<li>${text}</li>`);
window.stop = live.subscribe("board", {
  snapshot: (rows) => note(`snapshot ${JSON.stringify(rows)}`),
  update: (rows) => note(`update ${JSON.stringify(rows)}`),
  connection: (state) => note(state),
  denied: () => note("denied"),
});
"""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH"),
]


class Server:
    """The far end of the tab's socket: keeps what the tab says, and says what the test wants."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.sockets: list[WebSocketRoute] = []

    def accept(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.heard.append(json.loads(text)))
        self.say({"hello": True, "epoch": "one", "now": "2026-01-01T00:00:00Z", "upstream": True})

    def say(self, frame: dict[str, Any]) -> None:
        self.sockets[-1].send(json.dumps(frame))

    def snapshot(self, seq: int, rows: dict[str, Any], epoch: str = "one") -> None:
        self.say({"topic": "board", "epoch": epoch, "seq": seq, "snapshot": rows})

    def update(self, seq: int, rows: dict[str, Any], epoch: str = "one") -> None:
        self.say({"topic": "board", "epoch": epoch, "seq": seq, "updates": rows})


@pytest.fixture(scope="module")
def page_maker() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page
        browser.close()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def page(page_maker: Any, server: Server) -> Iterator[Page]:
    page: Page = page_maker()
    page.route("**/*", serve)
    page.route_web_socket("**/ws/live/", server.accept)
    page.goto("http://portal.example/")
    expect_last(page, "connected")
    yield page
    page.close()


def serve(route: Route) -> None:
    answers = {"/": ("text/html", PAGE), "/page.js": ("text/javascript", PAGE_SCRIPT)}
    path = "/" + route.request.url.split("/", 3)[3]
    kind, body = answers.get(path, ("text/javascript", SCRIPT.read_text()))
    route.fulfill(content_type=kind, body=body, headers={"Content-Security-Policy": "default-src 'self'"})


def expect_last(page: Page, text: str) -> None:
    expect(page.locator("#seen li").last).to_have_text(text)


def until(page: Page, server: Server, message: dict[str, Any]) -> None:
    """Wait until the tab has said `message`."""
    for _ in range(200):
        if message in server.heard:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the tab never said {message}; it said {server.heard}")


def test_a_page_subscribes_and_gets_its_snapshot_and_updates(page: Page, server: Server) -> None:
    until(page, server, {"subscribe": ["board"]})
    server.snapshot(4, {"7": "up"})
    server.update(5, {"7": "down"})
    expect(page.locator("#seen li")).to_have_text(
        ["reconnecting", "connected", 'snapshot {"7":"up"}', 'update {"7":"down"}']
    )


def test_a_gap_makes_the_page_ask_for_a_snapshot_and_skip_what_came_before_it(page: Page, server: Server) -> None:
    server.snapshot(4, {"7": "up"})
    server.update(6, {"7": "lost its predecessor"})
    until(page, server, {"snapshot": ["board"]})
    server.update(7, {"7": "too early"})
    server.snapshot(7, {"7": "down"})
    expect_last(page, 'snapshot {"7":"down"}')
    expect(page.locator("#seen")).not_to_contain_text("too early")


def test_another_epoch_is_a_gap_too(page: Page, server: Server) -> None:
    server.snapshot(4, {"7": "up"})
    server.update(5, {"7": "from another hub"}, epoch="two")
    until(page, server, {"snapshot": ["board"]})


def test_frames_are_acknowledged(page: Page, server: Server) -> None:
    for seq in range(3):
        server.snapshot(seq, {})
    until(page, server, {"ack": 4})


def test_a_lost_line_is_opened_again_and_the_topics_with_it(page: Page, server: Server) -> None:
    server.sockets[-1].close(code=1012)
    expect_last(page, "connected")
    expect(page.locator("#seen li")).to_have_text(["reconnecting", "connected", "reconnecting", "connected"])
    assert len(server.sockets) == 2
    server.heard.clear()
    server.snapshot(0, {"7": "down"})
    expect_last(page, 'snapshot {"7":"down"}')


def test_a_person_who_was_logged_out_is_told_and_the_line_stays_closed(page: Page, server: Server) -> None:
    server.sockets[-1].close(code=4401)
    expect_last(page, "signed_out")
    page.wait_for_timeout(1_500)
    assert len(server.sockets) == 1


def test_a_paused_page_stands_still_and_goes_on_with_a_snapshot(page: Page, server: Server) -> None:
    server.snapshot(4, {"7": "up"})
    page.evaluate("live.pause()")
    until(page, server, {"unsubscribe": ["board"]})
    server.update(5, {"7": "unseen"})
    expect_last(page, "paused")
    server.heard.clear()
    page.evaluate("live.resume()")
    until(page, server, {"subscribe": ["board"]})
    expect_last(page, "connected")


def test_a_hub_without_valkey_is_shown_as_reconnecting(page: Page, server: Server) -> None:
    server.say({"upstream": False})
    expect_last(page, "reconnecting")
    server.say({"upstream": True})
    expect_last(page, "connected")


def test_a_topic_that_is_taken_away_is_denied(page: Page, server: Server) -> None:
    server.say({"topic": "board", "denied": True})
    expect_last(page, "denied")


def test_a_snapshot_that_failed_is_asked_for_again(page: Page, server: Server) -> None:
    server.say({"topic": "board", "error": "the snapshot took too long; ask again"})
    until(page, server, {"snapshot": ["board"]})


def test_the_last_handler_that_leaves_unsubscribes(page: Page, server: Server) -> None:
    page.evaluate("stop()")
    until(page, server, {"unsubscribe": ["board"]})
