"""Pages of a timeline: a cursor, so that page 1,000 costs as much as page 1 and new rows do not shift the pages."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from opsportal.api.paging import parameter, whole_number


class TimePages(CursorPagination):
    """`?cursor=` as the answer before gave it, `?page_size=` from 1 to 500. The newest first."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    ordering = ("-time", "-id")

    def get_page_size(self, request: Request) -> int:
        return whole_number(request, self.page_size_query_param, self.page_size, self.max_page_size)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        cursor = {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": "As `next` or `previous` of another page names it.",
            "schema": {"type": "string"},
        }
        return [cursor, parameter(self.page_size_query_param, "Results a page.", self.page_size, self.max_page_size)]
