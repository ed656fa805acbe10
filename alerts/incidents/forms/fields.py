"""Fields of what is written as lines or as JSON."""

import json
from typing import Any

from django import forms

from alerts.incidents.matching import parse_list


class LinesField(forms.CharField):
    """One item a line; cleans to a list of texts."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class MatchersField(LinesField):
    """Matchers, one a line, such as severity=~"critical|error"."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", 'One a line, such as service="shop" or instance=~"web-.*"; all must match.')
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        lines = super().clean(value)
        for line in lines:
            try:
                parse_list(line)
            except ValueError as error:
                raise forms.ValidationError(f"{line}: {error}") from None
        return lines


class NamesField(forms.CharField):
    """Label names with commas between; cleans to a list, or None where it is left empty and `empty_is_none`."""

    def __init__(self, *, empty_is_none: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty_is_none = empty_is_none

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        names = [one.strip() for one in str(value or "").replace("\n", ",").split(",") if one.strip()]
        return None if self.empty_is_none and not names else names

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != self.to_python(data))


class LabelsField(forms.CharField):
    """Labels, one name=value a line; cleans to a dict."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        labels = {}
        for line in str(value or "").splitlines():
            name, equals, text = line.strip().partition("=")
            if name and not equals:
                raise forms.ValidationError(f"{name!r}: write name=value, one a line.")
            if name:
                labels[name.strip()] = text.strip().strip('"')
        return labels


class JsonListField(forms.CharField):
    """A list as JSON."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=2) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            found = json.loads(value or "[]")
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"Not JSON: {error}.") from None
        if not isinstance(found, list):
            raise forms.ValidationError("Write a list, in [ and ].")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)
