"""The mail that a message becomes. Pure: RFC 5322, 2047, 3834, 6532."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, getaddresses
from hashlib import sha256

from alerts.delivery.kinds.base import Envelope
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cleaning import one_line
from alerts.delivery.rendering.cutting import cut_line
from alerts.delivery.rendering.html import html_mail
from alerts.delivery.rendering.plain import plain_text

LONGEST_SUBJECT = 250
LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3, without the angle brackets
URGENT = frozenset({"critical", "error"})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody's name, which may be empty, and address; the domain is ASCII (IDNA)."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def header(self) -> Address:
        return Address(self.name, self.local, self.domain)


def mailbox(text: str) -> Mailbox:
    """`ada@example.org` or `Ada <ada@example.org>`. Raises ValueError that says what one looks like."""
    several = getaddresses([text])
    name, address = several[0] if len(several) == 1 else ("", "")
    local, at, domain = address.rpartition("@")
    if not at or not local or len(address) > LONGEST_ADDRESS or not text.isprintable():
        raise ValueError("an address looks like ada@example.org")
    if any(sign in '()<>[]:;,\\" ' for sign in local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError(f"{local!r} cannot stand before the @")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError(f"{domain!r} is not a domain") from None
    if "." not in ascii_domain.strip("[]") and ascii_domain != "localhost":
        raise ValueError(f"{domain!r} is not a whole domain such as example.org")
    return Mailbox(one_line(name), local, ascii_domain)


def message_id(name: str, domain: str) -> str:
    """A Message-ID that is the same for the same name, and tells nothing of it."""
    return f"<{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}@{domain}>"


def mail_of(envelope: Envelope, sender: Mailbox, to: Mailbox, *, most_characters: int = 60_000) -> EmailMessage:
    """One mail to one recipient, as text and HTML. All mails of one thread name the same root, so that readers put them together."""
    told = envelope.message
    mail = EmailMessage(policy=SMTP if to.local.isascii() and sender.local.isascii() else SMTPUTF8)
    mail["From"], mail["To"] = sender.header, to.header
    mail["Subject"] = cut_line(parts.title(told), LONGEST_SUBJECT)
    mail["Date"] = format_datetime(envelope.now)
    mail["Message-ID"] = message_id(f"mail {envelope.key}", sender.domain)
    if told.thread:
        root = message_id(f"thread {told.thread}", sender.domain)
        mail["In-Reply-To"], mail["References"] = root, root
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if told.kind == "firing" and told.severity in URGENT:
        mail["X-Priority"], mail["Importance"] = ("1" if told.severity == "critical" else "2"), "high"
    text = plain_text(told, answer_url=envelope.answer_url, most_characters=most_characters)
    html = html_mail(told, answer_url=envelope.answer_url, most_characters=most_characters)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail
