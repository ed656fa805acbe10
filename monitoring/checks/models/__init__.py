"""What is watched (services, checks), what is known of it (states) and what happened to it (changes)."""

from monitoring.checks.models.check import Check, DatabaseTarget
from monitoring.checks.models.heartbeat import HeartbeatKey, HeartbeatPing
from monitoring.checks.models.machine import Machine
from monitoring.checks.models.service import MaintenanceWindow, Service
from monitoring.checks.models.state import CheckSchedule, CheckState, ServiceState, StatusChange, StatusRollup

__all__ = [
    "Check",
    "CheckSchedule",
    "CheckState",
    "DatabaseTarget",
    "HeartbeatKey",
    "HeartbeatPing",
    "Machine",
    "MaintenanceWindow",
    "Service",
    "ServiceState",
    "StatusChange",
    "StatusRollup",
]
