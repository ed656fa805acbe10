"""The form of a destination: the admin validates with it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from monitoring.metrics.shipping.actions import destination_save
from monitoring.metrics.shipping.models import Destination

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Destination]
else:
    ModelForm = forms.ModelForm


class ExternalLabelsField(forms.CharField):
    """Lines of `name=value`; cleans to a dict."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name}={text}" for name, text in value.items()) if isinstance(value, Mapping) else value

    def to_python(self, value: Any) -> Any:
        pairs = [line.strip().partition("=") for line in str(value or "").splitlines() if line.strip()]
        if bad := [name for name, equals, _ in pairs if not equals]:
            raise ValidationError(f"{bad[0]!r}: write name=value, one a line.")
        return {name.strip(): text.strip() for name, _, text in pairs}


class DestinationForm(ModelForm):
    """Valid when its action works: the action is tried in a savepoint and taken back."""

    url = forms.CharField(
        label="Address",
        max_length=2000,
        widget=UnfoldAdminTextInputWidget,
        help_text="Its remote-write address: https://…/api/v1/write.",
    )
    secret = forms.CharField(
        label="Password or token",
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Stored sealed and never shown again; empty: as it was.",
    )
    external_labels = ExternalLabelsField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Added to every series, one name=value a line, such as portal=eu.",
    )

    class Meta:
        model = Destination
        fields = ["name", "url", "enabled", "auth", "username", "external_labels"]

    def act(self) -> Destination:
        stored = None if self.instance._state.adding else self.instance
        return destination_save(destination=stored, **self.cleaned_data)

    def _post_clean(self) -> None:
        """Instead of Django's construction and validation of the instance, which the action does itself."""
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.act()
                transaction.set_rollback(True)
        except ValidationError as error:
            for place, words in error.message_dict.items():
                self.add_error(place if place in self.fields else None, words)
