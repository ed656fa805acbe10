"""The admin of this room."""

from alerts.oncall.admin import people, policies, schedules

__all__ = ["people", "policies", "schedules"]
