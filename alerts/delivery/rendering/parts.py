"""A message in parts that every channel puts together in its own way. Pure.

Everything here is clean (see cleaning), bounded (a value of at most `LONGEST_VALUE` characters, `MOST_ALERTS` alerts with `MOST_LABELS`
labels each, about `MOST_CHARACTERS` together), and marked where something was left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from alerts.delivery.messages import AlertView, Message
from alerts.delivery.rendering.cleaning import clean, one_line
from alerts.delivery.rendering.cutting import cut, marker

LONGEST_VALUE = 8_000
LONGEST_NAME = 500
MOST_ALERTS = 100
MOST_LABELS = 100
MOST_CHARACTERS = 200_000  # of alerts told one by one: no channel shows more, and cleaning takes time
Pair = tuple[str, str]
STATE_WORDS = {
    "firing": "FIRING",
    "resolved": "RESOLVED",
    "update": "UPDATE",
    "acknowledged": "ACKNOWLEDGED",
    "notice": "NOTICE",
    "test": "TEST",
}
COLOURS = {"critical": 0xC62828, "error": 0xE65100, "warning": 0xF9A825, "notice": 0x1565C0, "info": 0x546E7A}
CALM = {"resolved": 0x2E7D32, "acknowledged": 0x1565C0}
EMOJI = {"critical": "🔴", "error": "🟠", "warning": "🟡", "notice": "🔵", "info": "⚪"}
CALM_EMOJI = {"resolved": "✅", "acknowledged": "👀", "test": "🧪"}


@dataclass(frozen=True, slots=True)
class AlertPart:
    """One alert: its name, and everything else it says as name and value."""

    heading: str
    pairs: tuple[Pair, ...]
    url: str = ""


def title(message: Message) -> str:
    """The one line that says it all, such as `FIRING #42: Checkout is down`."""
    number = f" #{message.number}" if message.number is not None else ""
    return (
        f"{STATE_WORDS.get(message.kind, message.kind.upper())}{number}: {one_line(message.title) or 'without a title'}"
    )


def emoji(message: Message) -> str:
    return CALM_EMOJI.get(message.kind) or EMOJI.get(message.severity, "⚪")


def colour(message: Message) -> int:
    """0xRRGGBB."""
    return CALM.get(message.kind) or COLOURS.get(message.severity, COLOURS["info"])


def text(message: Message) -> str:
    return value(message.text)


def value(raw: str) -> str:
    """A value as it is shown; cut before it is cleaned, so that a huge one costs little."""
    return clean(cut(raw, LONGEST_VALUE))


def facts(message: Message) -> list[Pair]:
    """Severity, and what else is known of the whole."""
    pairs = [("Severity", message.severity), *message.facts.items()]
    if message.runbook_url:
        pairs.append(("Runbook", message.runbook_url))
    return _bounded(pairs, "facts")


def links(message: Message) -> list[Pair]:
    """Where to look: name and URL, only those that are http or https."""
    pairs = [("Open", message.url), ("Runbook", message.runbook_url)]
    return [(name, one_line(url)) for name, url in pairs if is_link(url)]


def is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= 2_000 and url.isprintable() and " " not in url


def shared(message: Message) -> list[Pair]:
    """What all alerts have in common."""
    return _bounded(list({**message.common_labels, **message.common_annotations}.items()), "labels")


def alerts(message: Message) -> Iterator[AlertPart]:
    """Each alert with what it does not share with all others."""
    said = {**message.common_labels, **message.common_annotations}
    for alert in islice(message.alerts, told_one_by_one(message)):
        yield _alert(alert, said)


def told_one_by_one(message: Message) -> int:
    """How many alerts are: as many as fit, but one at least."""
    room = MOST_CHARACTERS
    for place, alert in enumerate(message.alerts[:MOST_ALERTS]):
        room -= _length(alert)
        if room < 0:
            return max(place, 1)
    return min(len(message.alerts), MOST_ALERTS)


def alerts_left_out(message: Message) -> str:
    """The line for alerts that are not told one by one; empty when there are none."""
    missing = len(message.alerts) - told_one_by_one(message) + message.truncated_alerts
    return marker(missing, "alerts") if missing else ""


def _length(alert: AlertView) -> int:
    told = islice((*alert.labels.values(), *alert.annotations.values()), MOST_LABELS)
    return sum(min(len(value), LONGEST_VALUE) for value in told)


def _alert(alert: AlertView, said: Mapping[str, str]) -> AlertPart:
    own = [
        (name, told)
        for name, told in (*alert.labels.items(), *alert.annotations.items())
        if name != "alertname" and said.get(name) != told
    ]
    times = [("since", alert.starts_at), ("until", alert.ends_at)]
    own += [(name, time) for name, time in times if time]
    if alert.generator_url:
        own.append(("source", alert.generator_url))
    name = one_line(cut(alert.labels.get("alertname", "alert"), LONGEST_NAME)) or "alert"
    return AlertPart(f"{name} ({one_line(alert.status)})", tuple(_bounded(own, "labels")), alert.generator_url)


def _bounded(pairs: list[Pair], what: str) -> list[Pair]:
    kept = [(one_line(cut(name, LONGEST_NAME)), value(told)) for name, told in pairs[:MOST_LABELS]]
    if len(pairs) > MOST_LABELS:
        kept.append((marker(len(pairs) - MOST_LABELS, what), ""))
    return kept
