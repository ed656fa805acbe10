"""A message as Slack's Block Kit, within its limits, documented and found. Pure.

https://docs.slack.dev/reference/block-kit/blocks: 50 blocks, header 150 characters, section 3,000, ten fields of 2,000. All blocks together
are refused (`msg_blocks_too_long`) above about 13,200 characters. Text is escaped, and `verbatim`, so that nothing in it mentions anybody.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cutting import cut, cut_line, marker

Block = dict[str, Any]
ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
LONGEST_HEADER = 150
LONGEST_SECTION = 3_000
LONGEST_FACT = 400
MOST_FIELDS = 10
MOST_BLOCKS = 48  # the last two are for what was left out, and the buttons
MOST_CHARACTERS = 11_000
LONGEST_TEXT = 3_000
LEAST_ROOM = 200
SNOOZE_WORDS = "Snooze 1 h"
BUTTONS = (("acknowledge", "Acknowledge", "primary"), ("resolve", "Resolve", ""), ("snooze", SNOOZE_WORDS, ""))
ACTION_PREFIX = "opsportal_"


@dataclass(slots=True)
class Blocks:
    """Blocks so far, and how many characters may still come."""

    blocks: list[Block] = field(default_factory=list)
    room: int = MOST_CHARACTERS

    @property
    def is_full(self) -> bool:
        return len(self.blocks) >= MOST_BLOCKS or self.room < LEAST_ROOM

    def section(self, text: str) -> None:
        """A section of plain text, cut to what fits. Nothing when `text` is empty."""
        if not text.strip():
            return
        said = cut(text, min(LONGEST_SECTION, self.room), escapes=ESCAPES)
        self.blocks.append({"type": "section", "text": mrkdwn(said)})
        self.room -= len(said)

    def fields(self, pairs: list[parts.Pair]) -> None:
        """Names and values side by side, ten a section."""
        said = [cut(f"{name}: {told}" if told else name, LONGEST_FACT, escapes=ESCAPES) for name, told in pairs]
        for start in range(0, len(said), MOST_FIELDS):
            ten = said[start : start + MOST_FIELDS]
            if self.is_full or sum(map(len, ten)) > self.room:
                return self.context(marker(len(said) - start, "facts"))
            self.blocks.append({"type": "section", "fields": [mrkdwn(one) for one in ten]})
            self.room -= sum(map(len, ten))
        return None

    def context(self, text: str) -> None:
        self.blocks.append({"type": "context", "elements": [mrkdwn(text)]})


def blocks(message: Message, *, buttons: bool = False, delivery_id: int | None = None) -> list[Block]:
    """The whole message; `buttons`: whether its reader can answer here."""
    built = Blocks()
    title = f"{parts.emoji(message)} {parts.title(message)}"
    header = {"type": "plain_text", "text": cut_line(title, LONGEST_HEADER), "emoji": True}
    built.blocks.append({"type": "header", "text": header})
    if len(title) > LONGEST_HEADER:
        built.section(title)
    built.section(parts.text(message))
    built.fields(parts.facts(message))
    _alerts(built, message)
    if elements := _buttons(message, delivery_id, buttons):
        built.blocks.append({"type": "actions", "elements": elements})
    return built.blocks


def fallback_text(message: Message) -> str:
    """What notifications show, and readers of the thread: title and text."""
    said = parts.title(message) + (f"\n{parts.text(message)}" if message.text else "")
    return cut(f"{parts.emoji(message)} {said}", LONGEST_TEXT, escapes=ESCAPES)


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def button_value(message: Message, delivery_id: int | None) -> str:
    """What comes back with a click: what it is about, and the delivery whose message was clicked."""
    return orjson.dumps({"s": message.subject, "d": delivery_id}).decode()


def _alerts(built: Blocks, message: Message) -> None:
    built.section("\n".join(f"{name}: {told}" if told else name for name, told in parts.shared(message)))
    told = 0
    for alert in parts.alerts(message):
        if built.is_full:
            break
        lines = (f"• {name}: {value}" if value else f"• {name}" for name, value in alert.pairs)
        built.section("\n".join([alert.heading, *lines]))
        told += 1
    missing = len(message.alerts) - told + message.truncated_alerts
    if missing:
        built.context(marker(missing, "alerts"))


def _buttons(message: Message, delivery_id: int | None, answerable: bool) -> list[Block]:
    elements: list[Block] = []
    if answerable and message.answerable and message.kind != "resolved":
        done = "acknowledge" if message.kind == "acknowledged" else ""
        value = button_value(message, delivery_id)
        elements += [
            _button(words, ACTION_PREFIX + verb, style, value=value) for verb, words, style in BUTTONS if verb != done
        ]
    elements += [
        _button(name, f"{ACTION_PREFIX}link_{name.lower()}", "", url=url) for name, url in parts.links(message)
    ]
    return elements


def _button(words: str, action: str, style: str, **more: str) -> Block:
    button: Block = {"type": "button", "text": {"type": "plain_text", "text": words}, "action_id": action, **more}
    return button | ({"style": style} if style else {})
