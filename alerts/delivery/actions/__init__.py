"""Writes of this room, in one name space."""

from alerts.delivery.actions.channels import CHANNEL_OPTIONS, Seen, channel_delete, channel_save, channel_test
from alerts.delivery.actions.circuits import circuit_reset
from alerts.delivery.actions.contacts import contact_code_send, contact_delete, contact_save, contact_verify
from alerts.delivery.actions.outbox import (
    Target,
    deliver,
    deliveries_cancel,
    delivery_cancel,
    fallback_time,
    receipt_store,
    told_of,
    unbundle,
)
from alerts.delivery.wakeup import OUTBOX
from opsportal.writing import Person, person_of

__all__ = [
    "CHANNEL_OPTIONS",
    "OUTBOX",
    "Person",
    "Seen",
    "Target",
    "channel_delete",
    "channel_save",
    "channel_test",
    "circuit_reset",
    "contact_code_send",
    "contact_delete",
    "contact_save",
    "contact_verify",
    "deliver",
    "deliveries_cancel",
    "delivery_cancel",
    "fallback_time",
    "person_of",
    "receipt_store",
    "told_of",
    "unbundle",
]
