"""A target for HTTP checks that can be shut and opened again: while it is shut its port refuses connections."""

import socket
import threading
from contextlib import suppress

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
REQUEST_S = 1.0


class Target:
    """Listens on a free port of loopback from the start."""

    def __init__(self) -> None:
        self.listening = self._listen(0)
        self.port: int = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.is_open = True

    def open(self) -> None:
        self.listening, self.is_open = self._listen(self.port), True

    def shut(self) -> None:
        """From now on connections are refused."""
        self.is_open = False
        self.listening.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread, which a close alone does not
        self.listening.close()

    def flip(self) -> None:
        (self.shut if self.is_open else self.open)()

    def _listen(self, port: int) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._serve, args=[listening], daemon=True).start()
        return listening

    @staticmethod
    def _serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(REQUEST_S)
                connection.recv(65_536)
                connection.sendall(ANSWER)
