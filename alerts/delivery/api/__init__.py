"""The door of this room under `/api/v1/`; `routes` is what opsportal.api_urls registers."""

from rest_framework.viewsets import ViewSetMixin

from alerts.delivery.api.channels import ChannelKindViewSet, ChannelViewSet, CircuitViewSet
from alerts.delivery.api.contacts import ContactMethodViewSet
from alerts.delivery.api.deliveries import DeliveryViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("channels", ChannelViewSet),
    ("channel-kinds", ChannelKindViewSet),
    ("contact-methods", ContactMethodViewSet),
    ("deliveries", DeliveryViewSet),
    ("circuits", CircuitViewSet),
]

__all__ = ["routes"]
