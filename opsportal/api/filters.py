"""Ordering that says which fields it knows, to people and to the schema."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

if TYPE_CHECKING:  # rest_framework.views itself imports this module, through the settings
    from rest_framework.views import APIView


class StrictOrdering(OrderingFilter):
    """`?ordering=name,-since`. A view names its fields in `ordering_fields`; a field it does not name is an error."""

    def remove_invalid_fields(
        self, queryset: QuerySet[Any], fields: Iterable[str], view: "APIView", request: Request
    ) -> list[str]:
        known = self._known(view)
        wanted = list(fields)
        wrong = [field for field in wanted if field.removeprefix("-") not in known]
        if wrong:
            raise ValidationError({self.ordering_param: [f"{wrong[0]!r} is not one of {', '.join(known) or 'none'}."]})
        return wanted

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        known = self._known(view)
        if not known:
            return []
        words = [sign + field for field in known for sign in ("", "-")]
        return [
            {
                "name": self.ordering_param,
                "in": "query",
                "required": False,
                "description": "Fields to order by, the first one foremost; a minus turns the order round.",
                "style": "form",
                "explode": False,
                "schema": {"type": "array", "items": {"type": "string", "enum": words}},
            }
        ]

    def _known(self, view: "APIView") -> list[str]:
        return list(getattr(view, "ordering_fields", None) or [])
