"""Times that people enter in the zone that their page shows."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from alerts.oncall.wallclock import first_instant, last_instant, wall_time

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class WallTimeField(forms.Field):
    """A local time of `zone`; cleans to an instant in UTC: the first of two for a start, the last for an end."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMATS[0])

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_end = is_end
        self.zone = ZoneInfo("UTC")

    def prepare_value(self, value: Any) -> Any:
        return wall_time(value, self.zone) if isinstance(value, datetime) and value.tzinfo else value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        for form in FORMATS:
            try:
                wall = datetime.strptime(str(value), form)  # noqa: DTZ007 - a wall time
            except ValueError:
                continue
            if not 1990 <= wall.year < 2200:
                raise forms.ValidationError("Give a year from 1990 to 2199.")
            return (last_instant if self.is_end else first_instant)(wall, self.zone)
        raise forms.ValidationError("Give a date and a time, such as 2026-11-23 09:00.")


class ZonedForm(forms.Form):
    """A form whose times are of `tz`, the zone that the page showed."""

    tz = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, zone: ZoneInfo) -> None:
        super().__init__(data, initial={"tz": zone.key})
        for field in self.fields.values():
            if isinstance(field, WallTimeField):
                field.zone = zone
