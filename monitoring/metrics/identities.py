"""What a series is called: the rules that names and labels keep to, and the key under which an identity is found. Pure."""

import hashlib
from uuid import UUID

import orjson

from monitoring.metrics.promql.storage import Labels

METRIC = "__name__"
MOST_NAME_BYTES = 500
MOST_LABELS = 64
MOST_LABEL_NAME_BYTES = 200
MOST_LABEL_VALUE_BYTES = 4096
MOST_BYTES = 16_384
_SHOWN = 120


def key_of(labels: Labels) -> UUID:
    """16 bytes that tell one identity from every other: the first half of the SHA-256 of [name, other labels]."""
    name = next(value for label, value in labels if label == METRIC)
    others = [pair for pair in labels if pair[0] != METRIC]
    return UUID(bytes=hashlib.sha256(orjson.dumps([name, others])).digest()[:16])


def full(name: str, labels: Labels) -> Labels:
    """Name and sorted labels in one."""
    return tuple(sorted(((METRIC, name), *labels)))


def shown(labels: Labels) -> str:
    """As people write it, cut to a length that fits in a sentence."""
    name = dict(labels).get(METRIC, "")
    inside = ",".join(f'{label}="{value}"' for label, value in labels if label != METRIC)
    text = f"{name}{{{inside}}}".encode("utf-8", "replace").decode()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def fault_of(labels: Labels) -> str:
    """What is wrong with an identity and how to mend it, as a sentence; empty when nothing is."""
    if len(labels) > MOST_LABELS:
        return f"{shown(labels)} has {len(labels)} labels; the most is {MOST_LABELS}: leave some out."
    previous, total = "", 0
    for label, value in labels:
        fault = _fault_of_pair(label, value)
        if fault:
            return f"{shown(labels)}: {fault}"
        if label <= previous:
            return f"{shown(labels)}: label {label!r} is there twice, or the labels are not sorted by name."
        previous, total = label, total + len(label) + len(value)
    if total > MOST_BYTES:
        return f"{shown(labels)} is longer than {MOST_BYTES:,} bytes: shorten its labels."
    if not any(label == METRIC for label, _ in labels):
        return f"{shown(labels)} has no metric name: set the label {METRIC}."
    return ""


def _fault_of_pair(label: str, value: str) -> str:
    if not label or not value:
        return "a label has an empty name or value; leave it out."
    try:
        bytes_of_name, bytes_of_value = len(label.encode()), len(value.encode())
    except UnicodeEncodeError:
        return "a label is not valid UTF-8."
    if "\x00" in label or "\x00" in value:
        return "a label holds a NUL character, which cannot be kept; take it out."
    if bytes_of_name > MOST_LABEL_NAME_BYTES:
        return f"the name of a label is {bytes_of_name:,} bytes long; the most is {MOST_LABEL_NAME_BYTES}."
    most = MOST_NAME_BYTES if label == METRIC else MOST_LABEL_VALUE_BYTES
    if bytes_of_value > most:
        return f"the value of {label} is {bytes_of_value:,} bytes long; the most is {most:,}: shorten it."
    return ""
