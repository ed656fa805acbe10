"""A form that is valid when its action works: the action is tried in a savepoint and taken back."""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from opsportal.writing import Person, by_field

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm

PLACE = re.compile(r"[^a-zA-Z0-9_]")


class TriedForm(ModelForm):
    """`act` stores what was entered and returns the stored model. `by` is whoever fills in the form."""

    by: ClassVar[Person] = None

    def act(self) -> Any:
        raise NotImplementedError

    def stored(self) -> Any:
        """What is edited; None on a new one."""
        return None if self.instance.pk is None else self.instance

    def field_of(self, place: str) -> str | None:
        """The form's field for a place such as `settings.url`; None: an error of the form as a whole."""
        name = PLACE.sub("_", place)
        return name if name in self.fields else None

    def _post_clean(self) -> None:
        """Instead of Django's construction and validation of the instance, which the action does itself."""
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.tried(self.act())
                transaction.set_rollback(True)
        except ValidationError as error:
            for place, messages in by_field(error).items():
                field = self.field_of(place)
                for words in messages:
                    self.add_error(field, words if field or place == "__all__" else f"{place}: {words}")

    def tried(self, result: Any) -> None:
        """Look at what the action made before it is taken back."""

    def values(self, *names: str) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
