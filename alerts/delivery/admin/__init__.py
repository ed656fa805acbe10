"""The admin of this room."""

from alerts.delivery.admin.channels import ChannelAdmin
from alerts.delivery.admin.circuits import CircuitAdmin
from alerts.delivery.admin.contacts import ContactMethodAdmin
from alerts.delivery.admin.deliveries import DeliveryAdmin

__all__ = ["ChannelAdmin", "CircuitAdmin", "ContactMethodAdmin", "DeliveryAdmin"]
