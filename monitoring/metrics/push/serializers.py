"""The shape of samples pushed as JSON, and of the answer."""

import math
import re
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from monitoring.metrics.identities import MOST_LABEL_VALUE_BYTES, MOST_NAME_BYTES, fault_of
from monitoring.metrics.ingest import Reason
from monitoring.metrics.promql.storage import Labels

MOST_METRICS = 10_000
NOT_FINITE = {"NaN": math.nan, "+Inf": math.inf, "-Inf": -math.inf}
MOST_SECONDS = 4_102_444_800  # 2100
ZONED = re.compile(r".*(?:[Zz]|[+-]\d\d:?\d\d)")


@extend_schema_field({"oneOf": [{"type": "number"}, {"type": "string", "enum": list(NOT_FINITE)}]})
class ValueField(serializers.Field[float, Any, Any, Any]):
    """A number; what JSON cannot say is a string."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, str) and data in NOT_FINITE:
            return NOT_FINITE[data]
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError('Send a number, or "NaN", "+Inf" or "-Inf".')
        return float(data)

    def to_representation(self, value: float) -> float:
        return value


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number", "minimum": 0, "maximum": MOST_SECONDS},
            {"type": "string", "format": "date-time"},
        ]
    }
)
class TimeField(serializers.Field[int, Any, Any, Any]):
    """Seconds since 1970, or a date and time with its zone; as milliseconds."""

    def to_internal_value(self, data: Any) -> int:
        seconds = data
        if isinstance(data, str) and ZONED.fullmatch(data):
            try:
                seconds = datetime.fromisoformat(data.replace("z", "Z")).timestamp()
            except (ValueError, OverflowError):
                seconds = None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_SECONDS:
            raise serializers.ValidationError("Send seconds since 1970, or a time such as 2026-11-24T08:30:00Z.")
        return round(seconds * 1000)

    def to_representation(self, value: int) -> float:
        return value / 1000


class MetricSerializer(serializers.Serializer[dict[str, Any]]):
    """One sample."""

    name = serializers.CharField(
        max_length=MOST_NAME_BYTES, trim_whitespace=False, help_text="With its unit: backup_size_bytes."
    )
    labels = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=MOST_LABEL_VALUE_BYTES, trim_whitespace=False),
        required=False,
        help_text="What tells it from others of its name; a label of an empty value is left out.",
    )
    value = ValueField(help_text="In the unit of its name.")
    timestamp = TimeField(required=False, help_text="When it was measured; else when it arrives.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        labels = attrs.get("labels", {})
        if "__name__" in labels:
            raise serializers.ValidationError({"labels": ["__name__: is what `name` is for; leave it out."]})
        pairs = {"__name__": attrs["name"]} | {name: value for name, value in labels.items() if value}
        attrs["identity"] = identity = tuple(sorted(pairs.items()))
        if fault := fault_of(identity):
            raise serializers.ValidationError({"labels": [fault]})
        return attrs


class MetricsSerializer(serializers.Serializer[dict[str, Any]]):
    """Samples. They are taken or refused together for their form; then each is stored or refused by itself."""

    metrics = MetricSerializer(many=True, allow_empty=False, max_length=MOST_METRICS)  # type: ignore[call-arg] # of the list


class RefusalSerializer(serializers.Serializer[Any]):
    """Samples that were not stored."""

    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    count = serializers.IntegerField(help_text="How many.")
    detail = serializers.CharField(help_text="One of them, and what to do.")


class MetricsReceiptSerializer(serializers.Serializer[Any]):
    """What was done with a push."""

    written = serializers.IntegerField(help_text="Samples stored, those that were stored before included.")
    refused = RefusalSerializer(many=True)


def sample_of(metric: dict[str, Any], now_ms: int) -> tuple[Labels, int, float]:
    """Identity, time in ms and value of a validated metric."""
    return metric["identity"], metric.get("timestamp", now_ms), metric["value"]
