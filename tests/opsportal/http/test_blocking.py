import http.server
import threading
from collections.abc import Iterator

import pytest

from opsportal.http import Fault, HttpError, Request, Zone
from opsportal.http.blocking import fetch_blocking


class Kept(http.server.BaseHTTPRequestHandler):
    """Answers with the port that the caller came from, over connections that are kept."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/hang":
            threading.Event().wait(5)
        body = str(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Kept)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_a_connection_is_kept_from_call_to_call(url: str) -> None:
    ports = {fetch_blocking(Request(url), zone=Zone.CHECKS).body for _ in range(3)}
    assert len(ports) == 1


def test_a_peer_that_hangs_is_left_at_the_deadline(url: str) -> None:
    with pytest.raises(HttpError) as caught:
        fetch_blocking(Request(f"{url}/hang"), zone=Zone.CHECKS, timeout_s=0.2)
    assert caught.value.cause is Fault.TIMEOUT


def test_a_forbidden_address_is_refused_here_too() -> None:
    with pytest.raises(HttpError) as caught:
        fetch_blocking(Request("http://169.254.169.254/"), zone=Zone.CHECKS)
    assert caught.value.cause is Fault.BLOCKED
