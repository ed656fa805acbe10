"""Form fields for lists, which take what a form sends as text and what the API sends as JSON."""

import re
from typing import Any

from django import forms

_SEPARATORS = re.compile(r"[,\s]+")


class WordsField(forms.CharField):
    """Words: a JSON list, or text with commas or spaces. Cleans to distinct words in the order given."""

    def to_python(self, value: Any) -> Any:
        parts = value if isinstance(value, list | tuple) else _SEPARATORS.split(str(value or ""))
        return list(dict.fromkeys(word for part in parts if (word := str(part).strip())))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        for word in value:
            super().run_validators(word)


class LinesField(forms.CharField):
    """Texts: a JSON list, or one a line. Cleans to a list."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        items = value if isinstance(value, list | tuple) else str(value or "").splitlines()
        return [text for item in items if (text := str(item).strip())]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        for line in value:
            super().run_validators(line)
