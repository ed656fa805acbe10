"""Forms of the calendar page: an override, a swap of two shifts, a calendar to import."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from alerts.oncall.bars import when
from alerts.oncall.calendars.entries import MOST_BYTES
from alerts.oncall.forms.common import WallTimeField, ZonedForm
from alerts.oncall.people import name_of
from alerts.oncall.rotation import Span
from security.access.models import User

NOBODY, EVERYBODY = "nobody", ""


class OverrideForm(ZonedForm):
    """Somebody else for a while. Cleans `user` and `replaces` to accounts or None."""

    user = forms.ChoiceField(label="Who")
    replaces = forms.ChoiceField(label="Instead of", required=False)
    starts_at = WallTimeField(label="From")
    ends_at = WallTimeField(label="Until", is_end=True)
    reason = forms.CharField(label="Why", max_length=200, required=False)

    def __init__(self, data: Any = None, *, zone: ZoneInfo, people: Sequence[User]) -> None:
        super().__init__(data, zone=zone)
        self.people = {str(user.pk): user for user in people}
        named = [(key, name_of(user)) for key, user in self.people.items()]
        self.fields["user"].choices = [("", "Choose…"), *named, (NOBODY, "Nobody")]  # type: ignore[attr-defined]
        self.fields["replaces"].choices = [(EVERYBODY, "Everybody"), *named]  # type: ignore[attr-defined]

    def clean_user(self) -> User | None:
        return self.people.get(self.cleaned_data["user"])

    def clean_replaces(self) -> User | None:
        return self.people.get(self.cleaned_data["replaces"])


class ShiftField(forms.ChoiceField):
    """One of the shifts ahead; cleans to (id of the person, span)."""

    def to_python(self, value: Any) -> str:
        return str(value or "")

    def clean(self, value: Any) -> tuple[int, Span] | str:
        chosen = super().clean(value)
        try:
            person, start, end = chosen.split("/")
            return int(person), Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
        except ValueError:
            raise forms.ValidationError("Choose a shift of the list.") from None


class SwapForm(ZonedForm):
    """Two shifts exchanged."""

    ones = ShiftField(label="This shift")
    others = ShiftField(label="For this one")
    reason = forms.CharField(label="Why", max_length=200, required=False)

    def __init__(self, data: Any = None, *, zone: ZoneInfo, ahead: Sequence[tuple[User, Span]]) -> None:
        super().__init__(data, zone=zone)
        choices = [(shift_key(user.pk, span), f"{name_of(user)}: {when(*span, zone)}") for user, span in ahead]
        for name in ("ones", "others"):
            self.fields[name].choices = [("", "Choose…"), *choices]  # type: ignore[attr-defined]


class ImportForm(forms.Form):
    """A file of a calendar."""

    file = forms.FileField(
        label="iCalendar file (.ics)", widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"})
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file has more than {MOST_BYTES // 1024} KB; export a shorter time.")
        content: bytes = file.read()
        return content


def shift_key(person: int, span: Span) -> str:
    return f"{person}/{span.start.isoformat()}/{span.end.isoformat()}"
