"""The admin of this room: what is watched, when it is expected to fail, and what happened."""

from monitoring.checks.admin.checks import CheckAdmin
from monitoring.checks.admin.records import HeartbeatPingAdmin, MachineAdmin, StatusChangeAdmin
from monitoring.checks.admin.services import DatabaseTargetAdmin, MaintenanceWindowAdmin, ServiceAdmin

__all__ = [
    "CheckAdmin",
    "DatabaseTargetAdmin",
    "HeartbeatPingAdmin",
    "MachineAdmin",
    "MaintenanceWindowAdmin",
    "ServiceAdmin",
    "StatusChangeAdmin",
]
