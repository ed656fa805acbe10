"""Whether the address of the web process is free, asked before anything is started."""

import errno
import socket

from opsportal.stack.errors import StackError

UNPRIVILEGED = 1024


def check_free(bind: str, port: int) -> None:
    """Raise StackError, naming the setting to change, when nothing can listen on `bind` and `port`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            bind.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise StackError(f"BIND={bind} is not an address of this machine.") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            raise StackError(explained(error, bind, port)) from None


def explained(error: OSError, bind: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return (
            f"Port {port} on {bind} is taken by another program. Stop it, or choose another port: PORT={other} make run"
        )
    if error.errno == errno.EACCES and port < UNPRIVILEGED:
        return f"PORT={port} is kept for root. Choose a port of {UNPRIVILEGED} or above."
    return f"Nothing can listen on BIND={bind} PORT={port}: {error.strerror}."
