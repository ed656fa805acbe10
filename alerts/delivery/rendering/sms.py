"""A message as a text message, short, and in the alphabet of GSM where it can be (3GPP TS 23.038). Pure."""

from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cleaning import one_line
from alerts.delivery.rendering.cutting import Unit, cut, size

LONGEST = 1_600  # refused above this (Twilio 21617)
AIM = 320  # what Twilio advises
LEAST_OF_TEXT = 60
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # two places each
SIMPLER = str.maketrans(
    {0x2026: "...", 0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0xA0: " "}
)
OF_ONE_GSM, OF_MORE_GSM = 160, 153
OF_ONE_UCS2, OF_MORE_UCS2 = 70, 67


def is_gsm(text: str) -> bool:
    """Whether GSM's alphabet has all of it, so that a segment holds 160 places instead of 70."""
    return all(character in BASIC or character in EXTENDED for character in text)


def segments(text: str) -> int:
    """How many messages it is billed and sent as."""
    if is_gsm(text):
        places, of_one, of_more = len(text) + sum(sign in EXTENDED for sign in text), OF_ONE_GSM, OF_MORE_GSM
    else:
        places, of_one, of_more = size(text, Unit.UTF16), OF_ONE_UCS2, OF_MORE_UCS2
    return 1 if places <= of_one else -(-places // of_more)


def sms_text(message: Message, *, code: str = "") -> str:
    """Title, how to answer, link, and of the text what is left of `AIM`. `code`: the incident's number for replies."""
    after = (
        [f"Reply {code}a to acknowledge, {code}c to resolve, {code}s to snooze."] if code and message.answerable else []
    )
    if parts.is_link(message.url) and len(message.url) <= AIM // 2:
        after.append(message.url)
    ending = "".join(f"\n{line}" for line in after)
    said = parts.title(message)
    if message.text:
        said += f". {one_line(parts.text(message))}"
    said = simpler(said)
    room = max(AIM - len(ending), LEAST_OF_TEXT)
    return cut(said, room, Unit.UTF16, ellipsis="...") + ending


def simpler(text: str) -> str:
    """Typographic signs as plain ones, where that alone brings it into GSM's alphabet."""
    plain = text.translate(SIMPLER)
    return plain if is_gsm(plain) else text
