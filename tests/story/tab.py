"""An open page as the portal sees one: logged in through the form, on one live topic, and back again after every loss (docs/live.md)."""

import asyncio
import http.cookiejar
import threading
import time
import urllib.parse
import urllib.request
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

RECONNECT_S = 0.5
CONNECT_S = 5.0
LOG_IN_S = 10.0
SILENCE_S = 30.0  # the hub says something every 20 s
Rows = dict[str, dict[str, Any]]
UP = {"status": "up"}  # what the page shows of a service that the snapshot leaves out


def log_in(portal_url: str, username: str, password: str) -> str:
    """Log in through the page; the value of the header `Cookie`."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"{portal_url}/login/"
    browser.open(address, timeout=LOG_IN_S).close()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    fields = {"username": username, "password": password, "csrfmiddlewaretoken": token or ""}
    request = urllib.request.Request(address, urllib.parse.urlencode(fields).encode(), {"Referer": address})
    with browser.open(request, timeout=LOG_IN_S) as answer:
        if "/login/" in answer.url:
            raise RuntimeError(f"{username} was not logged in")
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


class Tab:
    """Follows a topic on a thread of its own from `with` on. `rows`: what the page would show, by key."""

    def __init__(self, portal_url: str, cookie: str, topic: str = "services") -> None:
        self.url, self.topic = portal_url, topic
        self.headers = {"Cookie": cookie, "Origin": portal_url}
        self.rows: Rows = {}
        self.turned_at: dict[str, float] = {}  # monotonic time of the last change of status shown, by slug
        self.connections = 0
        self.is_live = False  # connected, with a snapshot, and the hub hears Valkey
        self.gaps = 0
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._follow()], daemon=True)
        self._stop: asyncio.Event = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=CONNECT_S + 1)
        self._loop.close()

    def shows(self, slug: str) -> str:
        """The status that the page shows for a service; of one that the snapshot leaves out it shows "up"."""
        return next((str(row["status"]) for row in list(self.rows.values()) if row["slug"] == slug), "up")

    def wait_for(self, slug: str, status: str, timeout_s: float) -> float:
        """Wait until the page shows that status; the monotonic time since when it does."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.is_live and self.shows(slug) == status, timeout_s):
                raise TimeoutError(f"{slug} is {self.shows(slug)}, not {status}, after {timeout_s:g} s")
            return self.turned_at.get(slug, 0.0)

    async def _follow(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CONNECT_S)) as session:
            following = asyncio.create_task(self._reconnect(session))
            await self._stop.wait()
            following.cancel()
            await asyncio.wait([following])

    async def _reconnect(self, session: aiohttp.ClientSession) -> None:
        while True:
            try:
                async with session.ws_connect(f"{self.url}/ws/live/", headers=self.headers) as socket:
                    self.connections += 1
                    await self._listen(socket)
            except (aiohttp.ClientError, OSError, TimeoutError, TypeError):  # TypeError: a closed socket has no text
                pass
            self._note(live=False)
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_json({"subscribe": [self.topic]})
        frames, seq, upstream = 0, -1, False
        while True:
            frame = orjson.loads(await socket.receive_str(timeout=SILENCE_S))
            frames += 1
            await socket.send_json({"ack": frames})
            upstream = frame.get("upstream", upstream)
            if "snapshot" in frame:
                seq = self._show(frame["snapshot"], frame["seq"])
            elif "updates" in frame and frame["seq"] == seq + 1:
                seq = self._show(self.rows | frame["updates"], frame["seq"])
            elif "updates" in frame and seq >= 0:
                self.gaps, seq = self.gaps + 1, -1
                await socket.send_json({"snapshot": [self.topic]})
            self._note(live=upstream and seq >= 0)

    def _show(self, rows: Rows, seq: int) -> int:
        rows = {key: row for key, row in rows.items() if row}  # null: the service is gone
        before, self.rows, now = self.rows, rows, time.monotonic()
        for key in before.keys() | rows.keys():
            if before.get(key, UP)["status"] != rows.get(key, UP)["status"]:
                self.turned_at[(rows.get(key) or before[key])["slug"]] = now
        return seq

    def _note(self, *, live: bool) -> None:
        with self._changed:
            self.is_live = live
            self._changed.notify_all()
