"""Several messages to one target as one, when a throttle held them back. Pure.

The first one keeps its place; of the others each subject has one line, with how it stands last: what fired and ended while it was held
back is told as ended. The line says how many there are, so that nothing seems to be missing.
"""

from collections.abc import Sequence
from dataclasses import replace

from alerts.delivery.messages import Message

MOST_LINES = 50
ENDED = "resolved"


def bundle(head: Message, others: Sequence[Message]) -> Message:
    """`head` with what else there is to tell; `others` in the order in which they were written."""
    last = {one.subject or f"#{place}": one for place, one in enumerate(others)}
    own = last.pop(head.subject, None) if head.subject else None
    if own is not None:
        head = replace(own, text="\n\n".join(filter(None, (own.text, f"Before that: {head.title}"))))
    if not last:
        return head
    rest = list(last.values())
    lines = [_line(one) for one in rest[:MOST_LINES]]
    if len(rest) > MOST_LINES:
        lines.append(f"… and {len(rest) - MOST_LINES} more")
    count = f"{len(rest)} more {'alert' if len(rest) == 1 else 'alerts'}"
    text = "\n".join([f"{count}:", *lines])
    titles = "; ".join(one.title for one in rest)
    return replace(
        head,
        title=f"{head.title} (+{len(rest)} more)",
        text="\n\n".join(filter(None, (head.text, text))),
        facts={**head.facts, count: titles if len(titles) <= 300 else f"{titles[:299]}…"},
    )


def _line(one: Message) -> str:
    number = f" #{one.number}" if one.number is not None else ""
    place = f" {one.url}" if one.url else ""
    return f"- {one.kind.capitalize()}{number}: {one.title}{place}"
