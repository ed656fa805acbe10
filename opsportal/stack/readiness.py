"""Whether the web process answers, asked without an HTTP library: the supervisor is kept small."""

import socket
from urllib.parse import urlsplit

ANSWER_S = 2.0


def answers(url: str, host: str) -> bool:
    """Whether `GET /livez` at `url`, asked for as `host`, gets any well-formed answer but a server error.

    A redirect to TLS or a refused host name counts: the portal is there, and its settings are not this question.
    """
    parts = urlsplit(url)
    request = f"GET /livez HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((parts.hostname, parts.port), ANSWER_S) as connection:
            connection.settimeout(ANSWER_S)
            connection.sendall(request.encode())
            version, _, rest = connection.recv(64).decode("latin-1").partition(" ")
    except OSError:
        return False
    return version.startswith("HTTP/") and rest[:1] in {"2", "3", "4"}
