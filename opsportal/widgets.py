"""Plain form fields in the admin's own widgets."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)


def dress(field: forms.Field) -> None:
    """Give a plain form field the admin's widget of its sort; what it shows stays the same."""
    plain = field.widget
    attrs: dict[str, Any] = dict(plain.attrs)
    match plain:
        case forms.CheckboxInput():
            field.widget = UnfoldBooleanSwitchWidget(attrs)
        case forms.SelectMultiple():
            field.widget = UnfoldAdminSelectMultipleWidget(attrs, plain.choices)
        case forms.Select():
            field.widget = UnfoldAdminSelectWidget(attrs, plain.choices)
        case forms.Textarea():
            field.widget = UnfoldAdminTextareaWidget({**attrs, "rows": 3})
        case forms.PasswordInput():
            field.widget = UnfoldAdminPasswordWidget(attrs)
        case forms.NumberInput():
            _number(field, attrs)
        case _:
            field.widget = UnfoldAdminTextInputWidget(attrs)
    field.widget.is_required = field.required


def _number(field: forms.Field, attrs: dict[str, Any]) -> None:
    whole = isinstance(field, forms.IntegerField) and not isinstance(field, forms.FloatField)
    field.widget = (
        UnfoldAdminIntegerFieldWidget(attrs) if whole else UnfoldAdminDecimalFieldWidget({**attrs, "step": "any"})
    )
