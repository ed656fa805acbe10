"""Making a message small enough for receivers that take JSON of a certain size. Pure.

What people need most is kept longest: first the values are cut, then alerts and labels are left out, each with a mark that says how much.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import orjson

from alerts.delivery.messages import AlertView, Message
from alerts.delivery.rendering.cleaning import named_apart, storable
from alerts.delivery.rendering.cutting import cut, marker

# How long a value, how many alerts, how many labels of each.
STEPS = (
    (100_000, 10_000, 10_000),
    (8_000, 500, 500),
    (2_000, 100, 100),
    (1_000, 50, 64),
    (500, 20, 32),
    (200, 10, 16),
    (100, 3, 8),
    (64, 1, 4),
    (64, 0, 2),
)
CUT_LABEL = "…"


def fitted(message: Message, max_bytes: int, build: Callable[[Message], Any]) -> bytes:
    """The JSON of `build(message)` in at most `max_bytes`, from a message as whole as fits. Raises ValueError when nothing does."""
    for smaller in _ever_smaller(message, max_bytes):
        body = orjson.dumps(build(smaller))
        if len(body) <= max_bytes:
            return body
    raise ValueError(f"even the shortest form is {len(body)} bytes, {max_bytes} are allowed")


def _ever_smaller(message: Message, max_bytes: int) -> Iterator[Message]:
    """The steps, without those that are twice too large anyway: building them takes longer than weighing."""
    for step, (longest, alerts, labels) in enumerate(STEPS):
        if step == len(STEPS) - 1 or weight(message, longest, alerts, labels) <= 2 * max_bytes:
            yield bounded(message, longest=longest, alerts=alerts, labels=labels)


def weight(message: Message, longest: int, alerts: int, labels: int) -> int:
    """About how many characters a step leaves."""
    total = min(len(message.text), longest)
    for alert in message.alerts[:alerts]:
        for pairs in (alert.labels, alert.annotations):
            total += sum(min(len(told), longest) for told in islice(pairs.values(), labels))
    return total


def bounded(message: Message, *, longest: int, alerts: int, labels: int) -> Message:
    """`message` with values of at most `longest` characters, so many alerts, and so many labels and annotations each."""

    def short(text: str) -> str:
        return storable(cut(text, longest))

    def few(pairs: Mapping[str, str]) -> dict[str, str]:
        kept = named_apart((short(name), short(told)) for name, told in islice(pairs.items(), labels))
        if len(pairs) > labels:
            kept[CUT_LABEL] = marker(len(pairs) - labels, "labels")
        return kept

    def alert(one: AlertView) -> AlertView:
        url = short(one.generator_url)
        return replace(one, labels=few(one.labels), annotations=few(one.annotations), generator_url=url)

    return replace(
        message,
        title=short(message.title),
        text=short(message.text),
        url=short(message.url),
        runbook_url=short(message.runbook_url),
        group_key=short(message.group_key),
        group_labels=few(message.group_labels),
        common_labels=few(message.common_labels),
        common_annotations=few(message.common_annotations),
        facts=few(message.facts),
        alerts=tuple(alert(one) for one in message.alerts[:alerts]),
        truncated_alerts=message.truncated_alerts + max(0, len(message.alerts) - alerts),
    )
