"""What the admins of several rooms share."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from opsportal.tried_form import TriedForm


class RecordAdmin(ModelAdmin):
    """Read-only, and not counted: such a table may hold millions of rows."""

    show_full_result_count = False
    paginator = InfinitePaginator
    list_per_page = 50
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ActionAdmin(ModelAdmin):
    """An admin whose form is a TriedForm: it saves by the form's action."""

    show_full_result_count = False
    list_per_page = 50
    compressed_fields = True

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = request.user
        return form

    def save_form(self, request: HttpRequest, form: TriedForm, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: TriedForm, change: bool) -> None:
        obj.__dict__.update(form.act().__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The action has stored everything."""

    def delete_one(self, request: HttpRequest, obj: Any) -> None:
        """Delete by an action."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_one(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for obj in queryset:
            try:
                self.delete_one(request, obj)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
