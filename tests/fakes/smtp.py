"""A strict SMTP server (aiosmtpd, RFC 5321 and 5322): log-in, STARTTLS, SIZE, SMTPUTF8, and every mail looked at line by line."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_string
from email.errors import NonASCIILocalPartDefect
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LONGEST_LINE = 998
ONCE = ("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type")
NEEDED = ("from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version")


@dataclass
class FakeSmtp:
    """`password`: what must be logged in with; `greet`, `refuse`: replies instead of 250 to a recipient and to a mail."""

    password: str = ""
    tls: ssl.SSLContext | None = None
    tls_from_start: bool = False
    size: int = 1_000_000
    smtputf8: bool = True
    refuse_recipient: str = ""
    refuse_mail: str = ""
    port: int = 0
    kept: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            self.rejected.append("two recipients")
            return "554 one recipient a mail"
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse_mail:
            return self.refuse_mail
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_string(raw.decode(), _class=EmailMessage, policy=POLICY)
        if fault := mail_fault(raw, mail, utf8=bool(envelope.smtp_utf8)):
            self.rejected.append(fault)
            return f"554 5.6.0 {fault}"
        self.kept.append(mail)
        self.envelopes.append(envelope)
        return "250 2.0.0 queued as 7F3A"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == self.password.encode()
        return AuthResult(success=right, handled=False)


@asynccontextmanager
async def smtp_server(fake: FakeSmtp) -> AsyncIterator[FakeSmtp]:
    """Run it on a free port of the loopback."""
    starttls = None if fake.tls_from_start else fake.tls

    def session() -> SMTP:
        return SMTP(
            fake,
            hostname="mail.example",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=fake.authenticate if fake.password else None,
            auth_required=bool(fake.password),
            data_size_limit=fake.size,
            enable_SMTPUTF8=fake.smtputf8,
        )

    listening = fake.tls if fake.tls_from_start else None
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=listening)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for _ in range(3):  # what is closed says so in the next rounds of the loop
            await asyncio.sleep(0)


def mail_fault(raw: bytes, mail: EmailMessage, *, utf8: bool) -> str:
    """What is wrong with a mail; empty when nothing is."""
    if long := [line for line in raw.split(b"\r\n") if len(line) > LONGEST_LINE]:
        return f"a line of {len(long[0])} bytes"
    if b"\x00" in raw or (not utf8 and not raw.isascii()):
        return "bytes that are not allowed"
    names = Counter(name.lower() for name in mail.keys())  # noqa: SIM118 - keys repeat
    if several := [name for name in ONCE if names[name] > 1]:
        return f"{several} more than once"
    if missing := [name for name in NEEDED if not names[name]]:
        return f"{missing} missing"
    defects = [*mail.defects, *(defect for part in mail.walk() for defect in part.defects)]
    defects += [defect for name in ("from", "to", "subject", "date") for defect in mail[name].defects]
    if utf8:
        defects = [defect for defect in defects if not isinstance(defect, NonASCIILocalPartDefect)]
    if defects:
        return f"defects {defects}"
    parts = [part.get_content_type() for part in mail.iter_parts()]
    return "" if parts == ["text/plain", "text/html"] else f"parts {parts}"
