"""The words of this room."""

from django.db import models


class RotationKind(models.TextChoices):
    HOURLY = "hourly", "Hours"
    DAILY = "daily", "Days"
    WEEKLY = "weekly", "Weeks"
    MONTHLY = "monthly", "Months"


class TargetKind(models.TextChoices):
    """Whom a step of an escalation policy tells."""

    USER = "user", "Person"
    SCHEDULE = "schedule", "On-call schedule"
    TEAM = "team", "Team"
    CHANNEL = "channel", "Channel"


class EscalationState(models.TextChoices):
    RUNNING = "running", "Running"
    HELD = "held", "Held"  # acknowledged or snoozed: nothing further is due until it is resumed
    EXHAUSTED = "exhausted", "All steps done"
    OVER = "over", "Over"  # resolved


class StepOutcome(models.TextChoices):
    """What came of a step."""

    TOLD = "told", "Told"
    EMPTY = "empty", "Nobody to tell"
    SKIPPED = "skipped", "Skipped"  # its condition did not hold
    FAILED = "failed", "Not delivered"  # everything it sent failed
    RESUMED = "resumed", "Pages again"  # an acknowledgement or a snooze is over
    LAST_RESORT = "last", "Last resort"  # nobody was reached: the default policy, or every administrator
