"""Who works: a `ping` broadcast through kombu, asked in a thread. Nothing here runs a task.

The main process of a worker answers even when all its children are busy. A worker whose pool is `solo` cannot: it is silent while a task
runs, but its connection stays open. So the broadcast is counted twice: by its answers, and by the connections that received it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kombu import Connection
from kombu.pidbox import Mailbox
from kombu.transport import redis as kombu_redis
from kombu.utils.json import dumps
from redis import RedisError

TRIES = 4  # redis-py tries a command again three times when the broker is silent


@dataclass(slots=True)
class Roll:
    """The answer to one call: the names that answered, how many workers heard it, and, of AMQP, messages and consumers by queue."""

    answered: list[str] = field(default_factory=list)
    heard: int = 0
    depth: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Alive:
    """`busy`: connected and silent, not for too long yet. `mute_s`: for how long connected workers have been silent."""

    answering: int
    busy: int
    mute_s: float
    memory: dict[str, Any]


class CallFailedError(Exception):
    """The call did not reach the broker. Of no class that kombu would repeat the call for, which it does without end."""


class _CountingChannel(kombu_redis.Channel):
    """PUBLISH tells how many subscribers got the message, which kombu drops."""

    heard = 0

    def _put_fanout(self, exchange: str, message: Any, routing_key: str, **kwargs: Any) -> None:
        topics: list[str] = self._get_publish_topics(exchange, routing_key)  # type: ignore[attr-defined] # of kombu, private
        try:
            with self.conn_or_acquire() as client:
                self.heard = sum(client.publish(topic, dumps(message)) for topic in topics)
        except RedisError as error:
            raise CallFailedError from error


class _CountingTransport(kombu_redis.Transport):
    Channel = _CountingChannel


def call_roll(url: str, *, prefix: str, wait_s: float, timeout_s: float) -> Roll:
    """Ask all workers on a Redis broker for a sign of life and wait `wait_s` for the last. Blocks; every step has a deadline."""
    step_s = max(timeout_s / TRIES, 0.1)
    options = {
        "socket_timeout": step_s,
        "socket_connect_timeout": step_s,
        "max_retries": 1,
        "interval_start": 0,
        "global_keyprefix": prefix,
    }
    opened: Any = Connection(url, transport_options=options)
    with opened as connection:
        connection.transport_cls = _CountingTransport  # as an argument it would lose to the + of redis+socket://
        channel: Any = connection.default_channel
        mailbox: Any = Mailbox("celery", type="fanout", accept=["json"])(connection)
        try:
            replies = mailbox.multi_call("ping", timeout=wait_s, channel=channel)
        except CallFailedError as error:
            raise error.__cause__ or error from None
        return Roll(sorted({name for reply in replies or [] for name in reply}), channel.heard)


def ask_amqp(url: str, queues: list[str], *, timeout_s: float) -> Roll:
    """Messages and consumers of each queue by a passive declaration, which creates nothing. Blocks; every step has a deadline."""
    options = {"read_timeout": timeout_s, "write_timeout": timeout_s, "max_retries": 1, "interval_start": 0}
    roll = Roll()
    with Connection(url, connect_timeout=timeout_s, transport_options=options) as connection:
        connection.connect()
        for queue in queues:
            channel: Any = connection.channel()
            try:
                declared = channel.queue_declare(queue, passive=True)
            except connection.channel_errors:
                roll.missing.append(queue)
                continue
            roll.depth[queue] = declared.message_count
            roll.heard = max(roll.heard, declared.consumer_count)
            channel.close()
    return roll


def alive(roll: Roll, memory: Mapping[str, Any], *, fingerprint: str, at: float, silence_limit_s: float) -> Alive:
    """Who counts as alive. Pure.

    Connected workers that do not answer count as busy until they have been silent for `silence_limit_s` without anything moving in
    the queues.
    """
    silent = max(roll.heard - len(roll.answered), 0)
    moved = memory.get("fingerprint") != fingerprint
    since = memory.get("silent_since")
    since = at if silent and (since is None or moved) else (since if silent else None)
    mute_s = 0.0 if since is None else max(at - float(since), 0.0)
    busy = silent if mute_s <= silence_limit_s else 0
    seen = {**(memory.get("seen") or {}), **dict.fromkeys(roll.answered, at)}
    recent = dict(sorted(seen.items(), key=lambda item: -item[1])[:50])
    return Alive(len(roll.answered), busy, mute_s, {"silent_since": since, "fingerprint": fingerprint, "seen": recent})
