"""Which addresses the portal may talk to. Decided on the address connected to, never on a name (names can be rebound).

Cloud metadata and link-local addresses are never allowed: they hand out credentials of the machine. Private and
loopback ranges are a setting of the zone. An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64, Teredo) is judged
as that IPv4 address.
"""

import ipaddress
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address


class Zone(Enum):
    """On whose behalf a call is made; each zone has a setting that allows private and loopback addresses or not."""

    CHECKS = "CHECKS_ALLOW_PRIVATE"
    WEBHOOKS = "WEBHOOKS_ALLOW_PRIVATE"

    @property
    def allows_private(self) -> bool:
        from django.conf import settings

        return bool(getattr(settings, self.value))


METADATA = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",  # AWS, Google, Azure, DigitalOcean, ECS tasks
        "fe80::/10",
        "fd00:ec2::/32",  # AWS over IPv6
        "fd20:ce::254/128",  # Google over IPv6
        "fd00:42::42/128",  # Scaleway
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure host agent
        "192.0.0.192/32",  # Oracle
    )
)
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")


def objection(address: str, zone: Zone) -> str:
    """Why `address` (a literal, a scope id allowed) may not be connected to from `zone`; empty when it may."""
    never, private = _verdict(address)
    if never:
        return never
    return "" if not private or zone.allows_private else f"{private}; {zone.value} is off"


@lru_cache(maxsize=4096)
def literal(host: str) -> str | None:
    """`host` as a normalised address if it is one, else None: it is a name and must be resolved."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None


@lru_cache(maxsize=16384)
def _verdict(address: str) -> tuple[str, str]:
    """(why never, why private), either may be empty."""
    try:
        ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return "not an IP address", ""
    if any(ip in network for network in METADATA if network.version == ip.version):
        return "a cloud metadata or link-local address", ""
    if ip.is_multicast or ip.is_unspecified or str(ip) == "255.255.255.255" or ip in THIS_NETWORK:
        return "not the address of one machine", ""
    if ip.is_loopback:
        return "", "a loopback address"
    return "", "" if ip.is_global else "a private address"


def _inner(ip: Address) -> Address:
    """The IPv4 address that an IPv6 transition address leads to, else `ip` itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped or ip.sixtofour:
        return ip.ipv4_mapped or ip.sixtofour or ip
    if ip.teredo:
        return ip.teredo[1]
    embeds = any(ip in network for network in NAT64) or (ip in IPV4_COMPATIBLE and int(ip) > 1)
    return IPv4Address(int(ip) & 0xFFFFFFFF) if embeds else ip
