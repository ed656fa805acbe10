"""Form fields that the settings of several kinds share. Each takes what a form sends as text and what the API sends as JSON."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from opsportal.http.certificates import client_context
from opsportal.http.policy import literal
from opsportal.http.targets import target
from opsportal.http.wire import BAD_VALUE, TOKEN

SEPARATORS = re.compile(r"[,\n]")


class BaseUrlField(forms.CharField):
    """The http(s) address of a service, without query and fragment; cleans to the address without a trailing slash."""

    def clean(self, value: Any) -> str:
        url = str(super().clean(value)).rstrip("/")
        if not url:
            return ""
        try:
            found = target(url)
        except ValueError as error:
            raise ValidationError(f"This URL {error}.") from None
        if "?" in found.path or "#" in url:
            raise ValidationError("Give the address of the service only, without ? and #.")
        return url


class HeadersField(forms.Field):
    """HTTP headers: a JSON object, or lines of `Name: value`. Cleans to a dict."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> dict[str, str]:
        """Raises ValidationError naming the header that cannot be sent."""
        pairs = list(value.items()) if isinstance(value, dict) else [_pair(line) for line in _lines(value)]
        for name, text in pairs:
            if not isinstance(text, str) or not TOKEN.fullmatch(str(name)) or BAD_VALUE.search(text):
                raise ValidationError(f"{name!r} is not a header that can be sent; write one `Name: value` a line.")
        return {str(name): text for name, text in pairs}

    def prepare_value(self, value: Any) -> Any:
        """A dict as lines."""
        return "\n".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, dict) else value


class LinesField(forms.Field):
    """A list of texts: a JSON list, or one a line. Cleans to a list."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[str]:
        """Blank lines are dropped."""
        items = value if isinstance(value, list) else _lines(value)
        return [text for item in items if (text := str(item).strip())]

    def prepare_value(self, value: Any) -> Any:
        """A list as lines."""
        return "\n".join(value) if isinstance(value, list) else value


class HostField(forms.CharField):
    """A host name or an IP address, without scheme, port or brackets."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "A host name or an IP address.")
        super().__init__(max_length=253, **options)

    def clean(self, value: Any) -> str:
        """Raises ValidationError when it is more than a host."""
        host = str(super().clean(value)).strip("[]")
        if host and literal(host) is None and any(character in host for character in "/:@?# \t\\"):
            raise ValidationError("Only a host name or an IP address, without scheme, port or path.")
        return host


class CaPemField(forms.CharField):
    """Certificates of authorities, PEM."""

    widget = forms.Textarea

    def clean(self, value: Any) -> str:
        """Raises ValidationError when they cannot be read."""
        pem = str(super().clean(value))
        if pem:
            try:
                client_context(True, pem)
            except ValueError as error:
                raise ValidationError(f"These are {error}.") from None
        return pem


class ListField(forms.CharField):
    """A list of words: a JSON list, or one text with commas or line breaks. Cleans to distinct, stripped strings in the order given."""

    def to_python(self, value: Any) -> Any:
        if value is None:
            return []
        parts = value if isinstance(value, list | tuple) else SEPARATORS.split(str(value))
        return list(dict.fromkeys(stripped for part in parts if (stripped := str(part).strip())))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        """The validators judge each word."""
        for word in value:
            super().run_validators(word)


def _lines(value: Any) -> list[str]:
    return [line for line in str(value or "").splitlines() if line.strip()]


def _pair(line: str) -> tuple[str, str]:
    name, _, text = line.partition(":")
    return name.strip(), text.strip()
