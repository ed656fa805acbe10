"""What the API shows of the timeline."""

from rest_framework import serializers

from monitoring.events.choices import Severity
from monitoring.events.models import Event


class EventSerializer(serializers.ModelSerializer[Event]):
    """Something that happened."""

    severity = serializers.ChoiceField(choices=Severity.choices, read_only=True)
    payload = serializers.DictField(read_only=True)

    class Meta:
        model = Event
        fields = ["id", "time", "kind", "severity", "subject", "summary", "payload"]
        read_only_fields = fields
