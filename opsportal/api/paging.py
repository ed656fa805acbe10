"""Pages of a list, by number. A page that cannot be is an error, never silently another one."""

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

if TYPE_CHECKING:  # rest_framework.views itself imports this module, through the settings
    from rest_framework.views import APIView

HIGHEST_PAGE = 1_000_000


class NumberedPages(PageNumberPagination):
    """`?page=` from 1, `?page_size=` from 1 to 500."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        return whole_number(request, self.page_size_query_param, self.page_size, self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return whole_number(request, self.page_query_param, 1, HIGHEST_PAGE)

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        return [
            parameter(self.page_query_param, "Number of the page, from 1.", 1, HIGHEST_PAGE),
            parameter(
                self.page_size_query_param,
                f"Results a page, {self.page_size} unless told, {self.max_page_size} at most.",
                self.page_size,
                self.max_page_size,
            ),
        ]


def whole_number(request: Request, name: str, default: int, high: int) -> int:
    """A parameter of the address as a whole number from 1 to `high`. Raises ValidationError on `name`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= high):
        raise ValidationError({name: [f"Use a whole number from 1 to {high}."]})
    return int(text)


def parameter(name: str, description: str, default: int, high: int) -> dict[str, Any]:
    """The same parameter as OpenAPI describes it."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "integer", "minimum": 1, "maximum": high, "default": default},
    }
