"""Queues of a Celery on Redis or Valkey, as kombu lays them out.

A queue is a list: kombu pushes at its head and takes from its tail, so the tail is the oldest message. A priority above 0 has a list of its
own, `<queue>\\x06\\x16<priority>`. What a worker took and did not acknowledge is in the hash `unacked`, its times in the sorted set
`unacked_index`. Source: kombu.transport.redis.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from redis.asyncio import Redis

PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")


@dataclass(slots=True, frozen=True)
class Head:
    """The oldest message of a queue: its delivery tag, and when it was sent (unix seconds) where its header says so."""

    tag: str
    sent_at: float | None


@dataclass(slots=True)
class Queues:
    """What one look saw: messages and oldest message by queue, unacknowledged messages, and the beat's last tick."""

    depth: dict[str, int] = field(default_factory=dict)
    heads: dict[str, list[Head]] = field(default_factory=dict)
    unacked: int = 0
    unacked_since: float | None = None
    beat_at: float | None = None

    def fingerprint(self) -> str:
        """Changes whenever a worker takes or finishes something."""
        tags = sorted(head.tag for heads in self.heads.values() for head in heads)
        return f"{self.unacked} {self.unacked_since} {self.depth} {tags}"


async def look(server: Redis, queues: Sequence[str], *, prefix: str, beat_key: str) -> Queues:
    """Everything in one round trip. Raises redis.RedisError."""
    lists = [f"{prefix}{queue}{priority}" for queue in queues for priority in PRIORITIES]
    async with server.pipeline(transaction=False) as pipeline:
        for name in lists:
            pipeline.llen(name)
            pipeline.lindex(name, -1)
        pipeline.hlen(f"{prefix}unacked")
        pipeline.zrange(f"{prefix}unacked_index", 0, 0, withscores=True)
        if beat_key:
            pipeline.get(beat_key)
        answers = await pipeline.execute()
    seen = Queues()
    for number, name in enumerate(lists):
        queue = queues[number // len(PRIORITIES)]
        seen.depth[queue] = seen.depth.get(queue, 0) + int(answers[2 * number])
        if answers[2 * number + 1] is not None:
            seen.heads.setdefault(queue, []).append(_head(answers[2 * number + 1], name))
    rest = answers[2 * len(lists) :]
    seen.unacked, seen.unacked_since = int(rest[0]), float(rest[1][0][1]) if rest[1] else None
    seen.beat_at = _time(rest[2]) if beat_key else None
    return seen


def _head(message: bytes, name: str) -> Head:
    try:
        read = orjson.loads(message)
        tag, sent = str(read["properties"]["delivery_tag"]), read.get("headers", {}).get("sent_at")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return Head(f"{name} {hash(message)}", None)
    return Head(tag, _time(sent))


def _time(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def ages(seen: Queues, memory: Mapping[str, Any], at: float) -> tuple[dict[str, float], dict[str, float]]:
    """Age in seconds of the oldest message by queue, and what to remember: since when each head is known, by delivery tag.

    A message without `sent_at` is as old as the time for which it has been seen at the head of its queue, which is too young at first.
    """
    known = memory.get("heads") or {}
    since = {head.tag: float(known.get(head.tag, at)) for heads in seen.heads.values() for head in heads}
    oldest = dict.fromkeys(seen.depth, 0.0)
    for queue, heads in seen.heads.items():
        born = min(head.sent_at if head.sent_at is not None else since[head.tag] for head in heads)
        oldest[queue] = max(at - born, 0.0)
    return oldest, since
