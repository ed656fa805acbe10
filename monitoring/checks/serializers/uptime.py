"""Uptime and latency by span."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from monitoring.checks.uptime import SPANS, uptime


class UptimeSerializer(serializers.Serializer[Any]):
    """One span. Null where nothing was observed."""

    span = serializers.ChoiceField(choices=[(name, name) for name in SPANS])
    ratio = serializers.FloatField(allow_null=True, help_text="(up + degraded) / (up + degraded + down)")
    observed = serializers.FloatField(allow_null=True, help_text="Share of the span for which a status was known.")
    down_s = serializers.FloatField()
    runs = serializers.IntegerField()
    latency_mean_s = serializers.FloatField(allow_null=True)
    latency_p95_s = serializers.FloatField(allow_null=True)
    latency_max_s = serializers.FloatField(allow_null=True)


def uptime_answer(*, service_id: int, check_id: int | None = None) -> list[dict[str, Any]]:
    """One entry a span, the shortest first."""
    spans = uptime(timezone.now(), service_id=service_id, check_id=check_id)
    return [{"span": name, **asdict(found)} for name, found in spans.items()]
