"""Teams, schedules with their layers, overrides, and what is asked of schedules."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework import serializers

from alerts.oncall import actions
from alerts.oncall.choices import RotationKind
from alerts.oncall.layer_rules import EARLIEST, LATEST, MOST_LAYERS, MOST_MEMBERS, MOST_RESTRICTIONS
from alerts.oncall.models import Layer, Override, Schedule, Team
from alerts.oncall.people import name_of
from alerts.oncall.rotation import Span
from security.access.models import User

DEFAULT_SPAN, LONGEST_SPAN = timedelta(days=14), timedelta(days=400)
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def person_field(**options: Any) -> serializers.SlugRelatedField[User]:
    return serializers.SlugRelatedField[User](slug_field="username", **options)


class TeamSerializer(serializers.ModelSerializer[Team]):
    slug = serializers.SlugField(max_length=120, required=False, help_text="Empty on a new team: of the name.")
    members = person_field(queryset=User.objects.all(), many=True, required=False, help_text="User names.")

    class Meta:
        model = Team
        fields = ["id", "name", "slug", "members"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> Team:
        return actions.team_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Team, validated_data: dict[str, Any]) -> Team:
        changes = {"name": instance.name} | validated_data
        return actions.team_save(team=instance, **changes, by=self.context["request"].user)


class RestrictionSerializer(serializers.Serializer[Any]):
    """When a layer has somebody. An end that is not after the start is on the next day; the same: 24 hours."""

    weekday = serializers.IntegerField(
        min_value=0, max_value=6, allow_null=True, required=False, help_text="0 is Monday; null: every day."
    )
    start = serializers.RegexField(CLOCK, help_text="HH:MM by the schedule's clock.")
    end = serializers.RegexField(CLOCK, help_text="HH:MM; 00:00 is the midnight after.")


class MembersField(serializers.ListField):
    """User names in the order of their turns; the same one may stand there more than once."""

    child = serializers.CharField(max_length=150)

    def to_representation(self, data: Any) -> list[str]:
        return [member.user.get_username() for member in data.all()]

    def to_internal_value(self, data: Any) -> list[User]:
        names = super().to_internal_value(data)
        known = {user.get_username(): user for user in User.objects.filter(username__in=names)}
        if strange := [name for name in names if name not in known]:
            raise serializers.ValidationError(f"There is no user {strange[0]!r}.")
        return [known[name] for name in names]


class LayerSerializer(serializers.ModelSerializer[Layer]):
    """A rotation. With the `id` of a layer of the schedule it edits that one."""

    id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    rotation = serializers.ChoiceField(choices=RotationKind.choices, default=RotationKind.WEEKLY)
    length = serializers.IntegerField(min_value=1, max_value=1000, default=1, help_text="Of a shift, in rotations.")
    members = MembersField(max_length=MOST_MEMBERS, help_text="User names in the order of their turns.")
    restrictions = RestrictionSerializer(many=True, required=False, max_length=MOST_RESTRICTIONS)  # type: ignore[call-arg] # of the list

    class Meta:
        model = Layer
        fields = ["id", "name", "rotation", "length", "starts_at", "ends_at", "members", "restrictions"]


class OnCallScheduleSerializer(serializers.ModelSerializer[Schedule]):
    slug = serializers.SlugField(max_length=120, required=False, help_text="Empty on a new schedule: of the name.")
    layers = LayerSerializer(  # type: ignore[call-arg] # max_length is of the list
        many=True,
        required=False,
        max_length=MOST_LAYERS,
        help_text="Lowest first: a later one wins where it has somebody. Those that are not named are deleted.",
    )

    class Meta:
        model = Schedule
        fields = ["id", "name", "slug", "description", "time_zone", "layers", "created_at", "updated_at"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}, "time_zone": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> Schedule:
        return actions.schedule_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Schedule, validated_data: dict[str, Any]) -> Schedule:
        changes = {"name": instance.name} | validated_data
        return actions.schedule_save(schedule=instance, **changes, by=self.context["request"].user)


class OverrideSerializer(serializers.ModelSerializer[Override]):
    """Somebody else is on call for a while."""

    schedule = serializers.SlugRelatedField[Schedule](slug_field="slug", queryset=Schedule.objects.all())
    user = person_field(queryset=User.objects.all(), allow_null=True, help_text="User name; null: nobody.")
    replaces = person_field(
        queryset=User.objects.all(), allow_null=True, required=False, help_text="User name; null: everybody."
    )
    created_by = person_field(read_only=True, allow_null=True)

    class Meta:
        model = Override
        fields = ["id", "schedule", "user", "replaces", "starts_at", "ends_at", "reason", "created_by"]
        validators: list[Any] = []

    def create(self, validated_data: dict[str, Any]) -> Override:
        return actions.override_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Override, validated_data: dict[str, Any]) -> Override:
        names = ("schedule", "user", "replaces", "starts_at", "ends_at", "reason")
        as_it_was = {name: getattr(instance, name) for name in names}
        return actions.override_save(override=instance, **(as_it_was | validated_data), by=self.context["request"].user)


def in_bounds(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise serializers.ValidationError(f"Give a time from {EARLIEST:%Y} to {LATEST:%Y}.")
    return moment.astimezone(UTC)


class AtSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(required=False, help_text="Empty: now.")

    def validate_at(self, value: datetime) -> datetime:
        return in_bounds(value)


class SpanSerializer(serializers.Serializer[Any]):
    """[start, end) that is asked for."""

    start = serializers.DateTimeField(required=False, help_text="Empty: now.")
    end = serializers.DateTimeField(required=False, help_text="Empty: 14 days after the start; 400 at most.")

    def validate_start(self, value: datetime) -> datetime:
        return in_bounds(value)

    def validate_end(self, value: datetime) -> datetime:
        return in_bounds(value)

    def span(self, now: datetime) -> Span:
        """Raises ValidationError by field."""
        self.is_valid(raise_exception=True)
        start = self.validated_data.get("start", now.astimezone(UTC))
        end = self.validated_data.get("end", start + DEFAULT_SPAN)
        if not start < end <= start + LONGEST_SPAN:
            raise serializers.ValidationError(
                {"end": [f"The end must come after the start, by {LONGEST_SPAN.days} days at most."]}
            )
        return Span(start, end)


class PersonSerializer(serializers.Serializer[User]):
    username = serializers.CharField()
    name = serializers.SerializerMethodField(help_text="Full name, or the user name.")

    def get_name(self, user: User) -> str:
        return name_of(user)


class TurnSerializer(serializers.Serializer[Any]):
    """These people from `start` to `end` (null: no end within 400 days); nobody: a gap."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True)
    people = PersonSerializer(many=True)


class OnCallSerializer(serializers.Serializer[Any]):
    """Who is on call at a time, and the next turn of somebody (null: nobody else within 400 days)."""

    now = TurnSerializer()
    next = TurnSerializer(allow_null=True)


class StretchSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    people = serializers.ListField(child=serializers.CharField(), help_text="User names; none: a gap.")


class LoadSerializer(serializers.Serializer[Any]):
    """What one person has; nights are 22:00 to 06:00, weekends Saturday and Sunday, by the schedule's clock."""

    user = serializers.CharField()
    hours = serializers.FloatField()
    shifts = serializers.IntegerField()
    nights = serializers.IntegerField()
    night_hours = serializers.FloatField()
    weekends = serializers.IntegerField()
    weekend_hours = serializers.FloatField()


class GapSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class CoverageSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    people = LoadSerializer(many=True)
    gaps = GapSerializer(many=True)
    gap_hours = serializers.FloatField()
    uncovered_ratio = serializers.FloatField(help_text="From 0 to 1.")


class SwapSerializer(serializers.Serializer[Any]):
    """Two shifts exchanged."""

    one = person_field(queryset=User.objects.all(), help_text="User name.")
    ones = GapSerializer(help_text="The shift of `one`, which `other` takes.")
    other = person_field(queryset=User.objects.all(), help_text="User name.")
    others = GapSerializer(help_text="The shift of `other`, which `one` takes.")
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def values(self) -> dict[str, Any]:
        data: Mapping[str, Any] = self.validated_data
        spans = {
            name: Span(in_bounds(data[name]["start"]), in_bounds(data[name]["end"])) for name in ("ones", "others")
        }
        return {"one": data["one"], "other": data["other"], "reason": data.get("reason", ""), **spans}
