"""Names to addresses through c-ares (honours /etc/hosts): one resolver for each event loop, no thread per question."""

import asyncio
import socket
import weakref

import aiodns
from aiodns import error as dns

from opsportal.http.errors import Fault, HttpError

_resolvers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, aiodns.DNSResolver] = weakref.WeakKeyDictionary()
SILENT = {dns.ARES_ETIMEOUT, dns.ARES_ECONNREFUSED}


def use(resolver: aiodns.DNSResolver) -> None:
    """Ask this resolver on the running loop from now on, instead of the system's."""
    _resolvers[asyncio.get_running_loop()] = resolver


async def resolve(host: str) -> list[str]:
    """The addresses of a name, in the order to try them. The caller bounds the time. Raises HttpError(dns)."""
    loop = asyncio.get_running_loop()
    resolver = _resolvers.get(loop)
    if resolver is None:
        resolver = _resolvers[loop] = aiodns.DNSResolver(loop=loop, timeout=2.0, tries=3)
    try:
        found = await resolver.getaddrinfo(host, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM)
    except dns.DNSError as error:
        raise HttpError(Fault.DNS, _words(host, error)) from None
    addresses = list(dict.fromkeys(_text(node.addr[0]) for node in found.nodes))
    if not addresses:
        raise HttpError(Fault.DNS, f"{host} has no address")
    return addresses


async def aclose() -> None:
    """Let go of the running loop's resolver."""
    resolver = _resolvers.pop(asyncio.get_running_loop(), None)
    if resolver is not None:
        await resolver.close()


def _text(address: bytes | str) -> str:
    return address.decode() if isinstance(address, bytes) else address


def _words(host: str, error: dns.DNSError) -> str:
    code = error.args[0] if error.args else None
    if code == dns.ARES_ENOTFOUND:
        return f"The name {host} does not exist (NXDOMAIN)"
    if code == dns.ARES_ENODATA:
        return f"The name {host} has no address"
    if code == dns.ARES_ESERVFAIL:
        return f"The DNS server failed to look up {host} (SERVFAIL)"
    if code == dns.ARES_EREFUSED:
        return f"The DNS server refused to look up {host}"
    if code in SILENT:
        return f"No DNS server answered when asked for {host}"
    return f"{host} cannot be resolved"
