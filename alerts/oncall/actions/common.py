"""What the writes of schedules share."""

from alerts.oncall.models import Schedule
from opsportal.sweeps import wake

SCHEDULES = "oncall_schedules"  # the channel on which changed schedules are told


def subject_of(schedule: Schedule) -> str:
    return f"schedule:{schedule.slug}"


def schedule_changed(schedule: Schedule) -> None:
    """Let gaps be looked for anew, and calendars see that there is something new."""
    schedule.gaps_next_at = None
    schedule.save(update_fields=["gaps_next_at", "updated_at"])
    wake(SCHEDULES)
