"""The words on the wire between the hub and a browser (docs/live.md), and the limits they keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

import orjson

MAX_MESSAGE_CHARS = 4096
MAX_NAMES = 20
MAX_TOPICS = 50
VERBS = ("subscribe", "unsubscribe", "snapshot", "ack")

MALFORMED = 4400
SIGNED_OUT = 4401
TOO_SLOW = 4408
TOO_MANY = 4429
TRY_AGAIN = 1013


class Malformed(ValueError):
    """A message from the browser that breaks the protocol; the text says how, and never repeats what was sent."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a browser wants done with topics."""

    verb: Literal["subscribe", "unsubscribe", "snapshot"]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ack:
    """How many frames the browser has received on this connection."""

    frames: int


def parse(text: str | None) -> Ask | Ack:
    """Read one message of a browser. Raises Malformed."""
    if text is None:
        raise Malformed("send text frames, not binary ones")
    if len(text) > MAX_MESSAGE_CHARS:
        raise Malformed(f"a message may have at most {MAX_MESSAGE_CHARS} characters")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Malformed("not JSON") from None
    if not isinstance(message, dict) or len(message) != 1 or (verb := next(iter(message))) not in VERBS:
        raise Malformed(f"send an object with exactly one of the keys {', '.join(VERBS)}")
    return _ack(message["ack"]) if verb == "ack" else Ask(verb, _names(verb, message[verb]))


def _ack(frames: object) -> Ack:
    if type(frames) is not int or frames < 0:
        raise Malformed("ack: send the number of frames received")
    return Ack(frames)


def _names(verb: str, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or len(names) > MAX_NAMES or not all(isinstance(name, str) for name in names):
        raise Malformed(f"{verb}: send a list of at most {MAX_NAMES} topic names")
    return tuple(cast("list[str]", names))


def hello(epoch: str, now: datetime, *, upstream: bool) -> str:
    return _frame({"hello": True, "epoch": epoch, "now": now, "upstream": upstream})


def upstream(up: bool) -> str:
    """Whether updates reach the hub at all; while they do not, what the page shows may be old."""
    return _frame({"upstream": up})


def beat(now: datetime) -> str:
    return _frame({"beat": now})


def snapshot(topic: str, epoch: str, seq: int, rows: Mapping[str, object]) -> str:
    return _frame({"topic": topic, "epoch": epoch, "seq": seq, "snapshot": rows})


def updates(topic: str, epoch: str, seq: int, rows: Mapping[str, object]) -> str:
    return _frame({"topic": topic, "epoch": epoch, "seq": seq, "updates": rows})


def denied(topic: str) -> str:
    return _frame({"topic": topic, "denied": True})


def failed(topic: str, error: str) -> str:
    return _frame({"topic": topic, "error": error})


def error(text: str) -> str:
    return _frame({"error": text})


def _frame(message: dict[str, object]) -> str:
    return orjson.dumps(message, option=orjson.OPT_UTC_Z).decode()
