"""A message as plain text. Pure."""

from collections.abc import Iterator

from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cutting import marker

MOST_CHARACTERS = 60_000  # of which a channel cuts its own part


def plain_text(message: Message, *, answer_url: str = "", most_characters: int = MOST_CHARACTERS) -> str:
    """Title, text, facts, links, alerts: in the order in which they matter, for channels that cut the end off."""
    kept: list[str] = []
    used = left_out = 0
    for line in _lines(message, answer_url):
        if used + len(line) > most_characters:
            left_out += len(line)
            continue
        kept.append(line)
        used += len(line) + 1
    return "\n".join([*kept, marker(left_out)] if left_out else kept)


def _lines(message: Message, answer_url: str) -> Iterator[str]:
    yield parts.title(message)
    if message.text:
        yield ""
        yield parts.text(message)
    yield ""
    for name, told in parts.facts(message):
        yield f"{name}: {told}" if told else name
    if message.url:
        yield f"Open: {parts.value(message.url)}"
    if answer_url:
        yield f"Answer: {answer_url}"
    yield from _alert_lines(message)


def _alert_lines(message: Message) -> Iterator[str]:
    if shared := parts.shared(message):
        yield ""
        for name, told in shared:
            yield f"{name}: {told}" if told else name
    for alert in parts.alerts(message):
        yield ""
        yield alert.heading
        for name, told in alert.pairs:
            yield f"  {name}: {told}" if told else f"  {name}"
    if more := parts.alerts_left_out(message):
        yield more
