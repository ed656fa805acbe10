"""The shape of what an agent sends: one batch of readings, oldest first."""

import math
import re
from datetime import datetime
from typing import Any

from rest_framework import serializers

MOST_READINGS = 500
MOST_VALUES = 2_000
VALUE_NAME = re.compile(r'[a-z_][a-z0-9_]{0,80}(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})?')
VALUE_NAME_LENGTH = 400
BIGGEST = 2**53 - 1  # what every JSON reader keeps exact
FIRST_YEAR, LAST_YEAR = 2000, 2099


def of_this_age(time: datetime) -> None:
    """A clock may be off; a time outside of this century is no clock's."""
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise serializers.ValidationError(f"Use a time from {FIRST_YEAR} to {LAST_YEAR}.")


class ReadingSerializer(serializers.Serializer[dict[str, Any]]):
    """One reading. `values` are numbers in base units by name, as `system` checks name them."""

    sequence = serializers.IntegerField(
        min_value=1, max_value=BIGGEST, help_text="Grows by one with every reading of a stream."
    )
    time = serializers.DateTimeField(validators=[of_this_age], help_text="When it was taken, by the machine's clock.")
    values = serializers.DictField(child=serializers.FloatField(), help_text='Such as {"cpu_used_ratio": 0.12}.')

    def validate_values(self, values: dict[str, float]) -> dict[str, float]:
        if len(values) > MOST_VALUES:
            raise serializers.ValidationError(f"{len(values)} values; send at most {MOST_VALUES} a reading.")
        for name, value in values.items():
            if len(name) > VALUE_NAME_LENGTH or not VALUE_NAME.fullmatch(name):
                raise serializers.ValidationError(
                    f'{name[:100]!r} is not a name of a value, such as disk_used_ratio{{mount="/"}}.'
                )
            if not math.isfinite(value):
                raise serializers.ValidationError(f"{name}: not a finite number.")
        return values


class AgentReportSerializer(serializers.Serializer[dict[str, Any]]):
    """One batch."""

    machine = serializers.SlugField(max_length=120, help_text="Names the machine; made on its first report.")
    name = serializers.CharField(max_length=120, required=False, help_text="What pages call it; else its slug.")
    stream = serializers.UUIDField(help_text="Names the agent's buffer; sequences count within it.")
    interval_s = serializers.IntegerField(min_value=1, max_value=86_400)
    dropped = serializers.IntegerField(
        min_value=0, max_value=BIGGEST, default=0, help_text="Readings its buffer had no room for, ever."
    )
    sent_at = serializers.DateTimeField(
        validators=[of_this_age], help_text="Now, by the machine's clock; tells how far that is off."
    )
    facts = serializers.DictField(child=serializers.CharField(max_length=200, allow_blank=True), default=dict)
    readings = ReadingSerializer(many=True, allow_empty=False, max_length=MOST_READINGS)  # type: ignore[call-arg] # of the list

    def validate_readings(self, readings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        sequences = [reading["sequence"] for reading in readings]
        if sequences != sorted(set(sequences)):
            raise serializers.ValidationError("sequence: must grow from one reading to the next.")
        return readings


class AgentReceiptSerializer(serializers.Serializer[dict[str, Any]]):
    """What was done with a batch."""

    accepted = serializers.IntegerField(help_text="Readings stored.")
    repeated = serializers.IntegerField(help_text="Readings left out, because they were stored before.")
    last_sequence = serializers.IntegerField(help_text="The newest reading of the stream that is stored.")
