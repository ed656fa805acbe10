"""The words of this room."""

from django.db import models


class Urgency(models.TextChoices):
    """Which of a person's rules, and which channels of theirs, a message uses."""

    HIGH = "high", "Urgent"
    NORMAL = "normal", "Normal"


class State(models.TextChoices):
    """Where a delivery stands. Those after `SENDING` are final."""

    PENDING = "pending", "Waiting"
    SENDING = "sending", "Being sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"  # refused for good, or not taken before its deadline
    CANCELLED = "cancelled", "Cancelled"  # nobody need be told any more
    BUNDLED = "bundled", "Bundled"  # held back by a throttle, and told as part of another one

    @property
    def icon(self) -> str:
        return STATE_ICONS[self]


STATE_ICONS = {
    State.PENDING: "schedule",
    State.SENDING: "send",
    State.DELIVERED: "check_circle",
    State.FAILED: "error",
    State.CANCELLED: "block",
    State.BUNDLED: "stacks",
}
OPEN = (State.PENDING, State.SENDING)


class Outcome(models.TextChoices):
    """What came of one attempt."""

    DELIVERED = "delivered", "Delivered"
    RETRY = "retry", "Failed, tried again"
    PERMANENT = "permanent", "Refused for good"


class CircuitState(models.TextChoices):
    CLOSED = "closed", "Closed"  # as it should be: everything goes through
    OPEN = "open", "Open"  # nothing is sent until the next probe
    HALF_OPEN = "half_open", "Half-open"  # one probe is under way


class MessageKind(models.TextChoices):
    """Why somebody is told something."""

    FIRING = "firing", "Firing"
    RESOLVED = "resolved", "Resolved"
    UPDATE = "update", "Update"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    NOTICE = "notice", "Notice"  # about the portal's own work: nobody on call, a silence that ends
    TEST = "test", "Test"
