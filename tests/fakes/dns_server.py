"""A DNS server on a free UDP port of the loopback: answers from a small zone, or misbehaves in one stated way."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

TTL_S = 60
Zone = Mapping[tuple[str, str], Sequence[str] | Sequence[Sequence[str]]]


@dataclass
class DnsServer(asyncio.DatagramProtocol):
    """`zone`: records by (name, type). A list of lists is a name that is rebound: each question gets the next list.

    `rcode`: answer everything with that error. `silent`: never answer. `garbage`: answer with what is not DNS.
    """

    zone: Zone = field(default_factory=dict)
    rcode: str = ""
    silent: bool = False
    garbage: bool = False
    port: int = 0
    questions: list[tuple[str, str]] = field(default_factory=list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.silent:
            self.transport.sendto(b"\x00not dns" if self.garbage else self.reply(data), addr)

    def reply(self, data: bytes) -> bytes:
        """The answer to one question, as the zone has it."""
        query = dns.message.from_wire(data)
        question = query.question[0]
        asked = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if self.rcode:
            answer.set_rcode(dns.rcode.from_text(self.rcode))
        elif records := self._records(asked):
            answer.answer.append(dns.rrset.from_text(question.name, self._ttl_s(asked), "IN", asked[1], *records))
        elif not any(name == asked[0] for name, _ in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.questions.append(asked)
        return answer.to_wire()

    def _ttl_s(self, asked: tuple[str, str]) -> int:
        """What is rebound must not be kept."""
        return TTL_S if isinstance(self.zone[asked][0], str) else 0

    def _records(self, asked: tuple[str, str]) -> list[str]:
        records = list(self.zone.get(asked, ()))
        if records and not isinstance(records[0], str):
            return list(records[min(self.questions.count(asked), len(records) - 1)])
        return [str(record) for record in records]


@asynccontextmanager
async def dns_server(
    zone: Zone | None = None, *, rcode: str = "", silent: bool = False, garbage: bool = False
) -> AsyncIterator[DnsServer]:
    """Run one until the block ends."""
    server = DnsServer(zone or {}, rcode, silent, garbage)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
