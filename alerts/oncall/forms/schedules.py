"""Forms of the admin: teams, schedules with their layers, overrides."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.oncall import actions
from alerts.oncall.calendar_range import zone_of
from alerts.oncall.forms.common import WallTimeField
from alerts.oncall.models import Layer, Override, Schedule, Team
from alerts.oncall.restriction_text import EXAMPLE, restrictions_of_text, text_of_restrictions
from opsportal.tried_form import TriedForm
from opsportal.writing import by_field
from security.access.models import User

if TYPE_CHECKING:
    LayerModelForm = forms.ModelForm[Layer]
    InlineFormSet = forms.BaseInlineFormSet[Layer, Schedule, "LayerForm"]
else:
    LayerModelForm, InlineFormSet = forms.ModelForm, forms.BaseInlineFormSet


class TeamForm(TriedForm):
    class Meta:
        model = Team
        fields = ["name", "slug", "members"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def act(self) -> Team:
        return actions.team_save(team=self.stored(), by=self.by, **self.cleaned_data)


class ScheduleForm(TriedForm):
    """The part beside the layers, which a LayerFormSet holds; `save_all` stores both in one go."""

    class Meta:
        model = Schedule
        fields = ["name", "slug", "description", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        self.instance.entered = self  # where the layers' forms find the time zone that was entered

    def act(self) -> Schedule:
        return self.save_all(None)

    def save_all(self, layers: Sequence[dict[str, Any]] | None) -> Schedule:
        data = self.cleaned_data
        return actions.schedule_save(schedule=self.stored(), layers=layers, by=self.by, **data)


class OverrideAdminForm(TriedForm):
    class Meta:
        model = Override
        fields = ["schedule", "user", "replaces", "starts_at", "ends_at", "reason"]

    def act(self) -> Override:
        return actions.override_save(override=self.stored(), by=self.by, **self.cleaned_data)


class MembersField(forms.CharField):
    """User names in the order of their turns, apart by commas or on lines of their own; cleans to accounts."""

    def to_python(self, value: Any) -> Any:
        names = str(value or "").replace(",", " ").split()
        known = {user.get_username(): user for user in User.objects.filter(username__in=names)}
        if strange := [name for name in names if name not in known]:
            raise ValidationError(f"There is no user {strange[0]!r}; write user names in the order of their turns.")
        return [known[name] for name in names]

    def validate(self, value: Any) -> None:
        """The action says that somebody has to be there."""

    def run_validators(self, value: Any) -> None:
        """Those of a text do not fit accounts."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "").replace(",", " ").split() != str(data or "").replace(",", " ").split()


class RestrictionsField(forms.CharField):
    """Lines of weekdays and times; cleans to the list that is stored."""

    def prepare_value(self, value: Any) -> Any:
        return text_of_restrictions(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            return restrictions_of_text(str(value or ""))
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def validate(self, value: Any) -> None:
        """None at all is right."""

    def run_validators(self, value: Any) -> None:
        """Those of a text do not fit a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "").split() != str(data or "").split()


class LayerForm(LayerModelForm):
    """A layer; its times are by the clock of the schedule."""

    starts_at = WallTimeField(label="First hand-off", help_text="By the clock of the schedule; the layer begins then.")
    ends_at = WallTimeField(label="Ends", required=False, is_end=True, help_text="Empty: it goes on.")
    members = MembersField(
        label="People in turn",
        required=False,
        widget=forms.Textarea,
        help_text="User names in the order of their turns, such as: ada, otto, vera. Somebody may stand there twice.",
    )
    restrictions = RestrictionsField(
        label="Only at these times",
        required=False,
        widget=forms.Textarea,
        help_text=f"One a line; empty: always. {EXAMPLE}",
    )

    class Meta:
        model = Layer
        fields = ["name", "rotation", "length"]

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        layer = kwargs.get("instance")
        if layer is not None and layer.pk:
            members = ", ".join(member.user.get_username() for member in layer.members.select_related("user"))
            known = {"members": members, "restrictions": layer.restrictions}
            kwargs["initial"] = known | {"starts_at": layer.starts_at, "ends_at": layer.ends_at}
        super().__init__(*args, **kwargs)
        for name in ("starts_at", "ends_at"):
            field = self.fields[name]
            if isinstance(field, WallTimeField):
                field.zone = zone


class LayerFormSet(InlineFormSet):
    """The layers, lowest first. Valid when the action takes them together with what the form beside them says."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "zone": self._zone()}

    def _zone(self) -> ZoneInfo:
        form = getattr(self.instance, "entered", None)
        entered = (
            form.cleaned_data.get("time_zone", "") if form is not None and form.is_bound and form.is_valid() else ""
        )
        return zone_of(entered, self.instance.time_zone)

    def kept(self) -> list["LayerForm"]:
        """The forms of layers to be, in their order."""
        forms_in_use = [form for form in self.forms if form.instance.pk or form.has_changed()]
        return [form for form in forms_in_use if not form.cleaned_data.get("DELETE")]

    def layers(self) -> list[dict[str, Any]]:
        names = ("name", "rotation", "length", "starts_at", "ends_at", "members", "restrictions")
        return [
            {name: form.cleaned_data.get(name) for name in names} | {"id": form.instance.pk} for form in self.kept()
        ]

    def clean(self) -> None:
        form = getattr(self.instance, "entered", None)
        if any(self.errors) or form is None or not form.is_valid():
            return
        try:
            with transaction.atomic():
                form.save_all(self.layers())
                transaction.set_rollback(True)
        except ValidationError as error:
            self._tell(by_field(error))

    def _tell(self, errors: dict[str, list[str]]) -> None:
        """Each message at the field it is about: `layers.0.restrictions.1.start` at the first layer's restrictions."""
        left: list[str] = []
        for place, words in errors.items():
            head, _, rest = place.partition(".")
            number, _, inner = rest.partition(".")
            field = inner.partition(".")[0]
            if head == "layers" and number.isdigit() and field in self.kept()[int(number)].fields:
                self.kept()[int(number)].add_error(field, list(words))
            else:
                left += [f"{place}: {one}" for one in words]
        if left:
            raise ValidationError(left)
