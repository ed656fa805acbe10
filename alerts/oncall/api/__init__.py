"""The door of this room under `/api/v1/`; `routes` is what opsportal.api_urls registers."""

from rest_framework.viewsets import ViewSetMixin

from alerts.oncall.api import escalations, schedules

routes: list[tuple[str, type[ViewSetMixin]]] = [*schedules.routes, *escalations.routes]

__all__ = ["routes"]
