"""A form field for a list of words: one text with commas or line breaks, or a JSON list."""

import re
from typing import Any

from django import forms

SEPARATORS = re.compile(r"[,\n]")


class ListField(forms.CharField):
    """Cleans to a list of distinct, stripped strings, in the order given."""

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
