"""Channels of NOTIFY of this room."""

OUTBOX = "delivery_outbox"  # something is to be sent
TROUBLE = "delivery_trouble"  # a fallback or a failure is to be looked at
