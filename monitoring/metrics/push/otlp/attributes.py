"""Attributes as labels. Pure."""

import base64
from collections.abc import Iterable
from typing import Any

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from monitoring.metrics.formats.numbers import go_float
from monitoring.metrics.push.otlp.names import label_name


def labels_of(attributes: Iterable[KeyValue]) -> dict[str, str]:
    """Labels by name. Keys that become one name share its label: their values in the order of the keys, joined by `;`."""
    found: dict[str, str] = {}
    for attribute in sorted(attributes, key=_key):
        name, value = label_name(attribute.key), value_text(attribute.value)
        found[name] = f"{found[name]};{value}" if name in found else value
    return found


def value_text(value: AnyValue) -> str:
    """A value as text: text as it is, bytes as base64, lists and maps as JSON."""
    plain = _plain(value)
    if isinstance(plain, str):
        return plain
    return go_float(plain) if isinstance(plain, float) else orjson.dumps(plain).decode()


def _key(attribute: KeyValue) -> str:
    return attribute.key


def _plain(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case None:
            return ""
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "array_value":
            return [_plain(one) for one in value.array_value.values]
        case "kvlist_value":
            return {one.key: _plain(one.value) for one in value.kvlist_value.values}
        case kind:
            return getattr(value, kind)
