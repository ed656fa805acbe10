"""Whether two lists of notifications are the same: in each stream the same messages in the same order, at the same looks. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from benchmarks.compat_alertmanager.cases import Notification, Told

NEAR = 0.24
"""Beats by which a time may be off: posts and looks are a quarter of a beat apart at least."""

Stream = tuple[str, int, str]


def differences(expected: Iterable[Notification], found: Iterable[Notification]) -> list[str]:
    """In words, one for each stream that differs; none: they are the same."""
    left, right = streams(expected), streams(found)
    return [words for stream in sorted(left.keys() | right.keys()) if (words := _stream(stream, left, right))]


def streams(notifications: Iterable[Notification]) -> dict[Stream, list[Notification]]:
    found: dict[Stream, list[Notification]] = defaultdict(list)
    for one in notifications:
        found[one.stream].append(one)
    return found


def _stream(stream: Stream, left: dict[Stream, list[Notification]], right: dict[Stream, list[Notification]]) -> str:
    first, second = left.get(stream, []), right.get(stream, [])
    for number, (one, other) in enumerate(zip(first, second, strict=False), 1):
        if not _same(one, other):
            return f"{stream}, message {number}:\n  - {_words(one)}\n  + {_words(other)}"
    if len(first) == len(second):
        return ""
    sign, rest = ("-", first[len(second) :]) if len(first) > len(second) else ("+", second[len(first) :])
    return f"{stream}: {len(first)} and {len(second)} messages\n  {sign} {_words(rest[0])}"


def _same(one: Notification, other: Notification) -> bool:
    return (
        one.status == other.status
        and one.group_labels == other.group_labels
        and abs(one.at - other.at) <= NEAR
        and len(one.alerts) == len(other.alerts)
        and all(_same_alert(*pair) for pair in zip(one.alerts, other.alerts, strict=True))
    )


def _same_alert(one: Told, other: Told) -> bool:
    return (
        (one.firing, one.labels) == (other.firing, other.labels)
        and abs(one.starts - other.starts) <= NEAR
        and abs((one.ends or 0.0) - (other.ends or 0.0)) <= NEAR
    )


def _words(one: Notification) -> str:
    return f"{one.at:.2f} {one.status} " + "; ".join(alert.words() for alert in one.alerts)
