"""One web server on the loopback that takes every webhook of every case, and remembers who was sent what and when."""

import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from benchmarks.compat_alertmanager.alertmanager import Alertmanager
from benchmarks.compat_alertmanager.cases import Json, Notification, Told

MOST_BYTES = 5_000_000


class Receiver(ThreadingHTTPServer):
    """Posts by the first part of their path, which names the case that they belong to."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: dict[str, list[tuple[datetime, str, int, Json]]] = {}

    def url(self, run: str) -> str:
        self.posts[run] = []
        return f"http://127.0.0.1:{self.server_address[1]}/{run}"

    def notifications(self, run: str, server: Alertmanager) -> list[Notification]:
        """What came for a run, in beats of the Alertmanager that played it."""
        found = [_notification(*post, server) for post in self.posts.pop(run)]
        return [one for one in found if one.at <= server.case.until]

    def handle_error(self, request: object, client_address: object) -> None:
        """An Alertmanager that was stopped resets its connections; nothing is lost by it."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        now = datetime.now(UTC)
        body = self.rfile.read(min(int(self.headers["Content-Length"]), MOST_BYTES))
        run, receiver, webhook = self.path.lstrip("/").split("/")
        posts = self.server.posts.get(run)
        if posts is not None:  # else: one that was stopped in the middle of a post
            posts.append((now, urllib.parse.unquote(receiver), int(webhook), orjson.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _notification(at: datetime, receiver: str, webhook: int, body: Json, server: Alertmanager) -> Notification:
    return Notification(
        at=round(server.beats(at), 4),
        receiver=receiver,
        webhook=webhook,
        group_key=body["groupKey"],
        group_labels=tuple(sorted(body["groupLabels"].items())),
        status=body["status"],
        alerts=tuple(_told(one, server) for one in body["alerts"]),
    )


def _told(alert: Json, server: Alertmanager) -> Told:
    firing = alert["status"] == "firing"
    starts, ends = (server.beats(datetime.fromisoformat(_micro(alert[name]))) for name in ("startsAt", "endsAt"))
    return Told(firing, tuple(sorted(alert["labels"].items())), round(starts, 4), None if firing else round(ends, 4))


def _micro(text: str) -> str:
    """RFC 3339 with at most six digits of a second, which is what Python reads."""
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = rest.rstrip("Z")
    zone = "Z" if rest.endswith("Z") else ""
    for sign in "+-":
        if sign in digits:
            digits, _, offset = digits.partition(sign)
            zone = sign + offset
    return f"{head}.{digits[:6].ljust(6, '0')}{zone}"


@contextmanager
def listening() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, name="receiver", daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()
