"""Which alert is which: the labels alone say so, annotations do not, and an empty value is a missing label. Pure."""

import hashlib
import re
from collections.abc import Mapping
from functools import cmp_to_key
from typing import Any

MOST_LABELS = 100
MOST_NAME = 200
MOST_VALUE = 4096
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FNV_OFFSET = 14695981039346656037
_FNV_PRIME = 1099511628211
_ALL_64_BITS = 0xFFFFFFFFFFFFFFFF


class LabelError(ValueError):
    """A label set that cannot be an alert's; says which label and what to do."""


def normalised(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that have a value."""
    return {name: value for name, value in labels.items() if value}


def identity(labels: Mapping[str, str]) -> str:
    """32 hex digits: BLAKE2b with 16 bytes over the sorted labels that have a value."""
    return hashlib.blake2b(_spelled(labels), digest_size=16).hexdigest()


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hex digits as Alertmanager names an alert: FNV-1a, 64 bits (prometheus/common, model/signature.go). It may collide."""
    total = _FNV_OFFSET
    for byte in _spelled(labels):
        total = ((total ^ byte) * _FNV_PRIME) & _ALL_64_BITS
    return f"{total:016x}"


def _before(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    """Negative where `one` comes first (prometheus/common, model/labelset.go; Alertmanager, types/types.go, AlertSlice)."""
    for name in ("job", "instance"):
        if one.get(name) != other.get(name):
            return -1 if name not in other or (name in one and one[name] < other[name]) else 1
    if len(one) != len(other):
        return len(one) - len(other)
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            return -1 if name not in one or (name in other and one[name] < other[name]) else 1
    return 0


telling_order = cmp_to_key(_before)
"""The key by which Alertmanager sorts the labels of a message's alerts: `job`, `instance` (without one: last), number, names, values."""


def labels_check(labels: Mapping[Any, Any]) -> dict[str, str]:
    """The labels as an alert keeps them, empty ones left out. LabelError names the first that cannot be, and the fix."""
    kept = {}
    for name, value in labels.items():
        if fault := _fault(name, value):
            raise LabelError(f"label {str(name)[:80]!r}: {fault}")
        if value:
            kept[name] = value
    if not kept:
        raise LabelError('labels: at least one with a value is needed, such as {"alertname": "DiskFull"}.')
    if len(kept) > MOST_LABELS:
        raise LabelError(
            f"labels: {len(kept)} of them; at most {MOST_LABELS}. What varies by alert belongs in annotations."
        )
    return kept


def _fault(name: object, value: object) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "a name is made of letters, digits and _, and does not begin with a digit."
    if len(name) > MOST_NAME:
        return f"a name has at most {MOST_NAME} characters."
    if not isinstance(value, str):
        return f"the value must be a text, not {type(value).__name__}: write it in quotes."
    if len(value) > MOST_VALUE:
        return f"the value has {len(value):,} characters; at most {MOST_VALUE:,}. Long texts belong in annotations."
    if _UNSTORABLE.search(value):
        return "the value holds a NUL or half a surrogate pair, which no text can hold: leave it out."
    return ""


def _spelled(labels: Mapping[str, str]) -> bytes:
    """name FF value FF …, sorted by name: FF occurs in no UTF-8, so different labels never spell the same."""
    parts = []
    for name in sorted(labels):
        if value := labels[name]:
            parts.append(name.encode("utf-8", "surrogatepass"))
            parts.append(value.encode("utf-8", "surrogatepass"))
    return b"\xff".join([*parts, b""])
