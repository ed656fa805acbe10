"""Every write to what is watched: keyword-only verbs, one transaction each; every real change is an event.

Wrong input raises django.core.exceptions.ValidationError; its keys name the field: `name`, `settings.url`,
`thresholds.0.down`.
"""

from monitoring.checks.actions.checks import check_clone, check_delete, check_save
from monitoring.checks.actions.running import UNTIL_RESUMED, checks_pause, checks_resume, checks_run_now
from monitoring.checks.actions.services import (
    maintenance_delete,
    maintenance_save,
    service_by_url,
    service_delete,
    service_save,
)
from monitoring.checks.actions.targets import database_target_delete, database_target_save, database_target_users
from monitoring.checks.configuration import full_settings
from opsportal.writing import person_of

__all__ = [
    "UNTIL_RESUMED",
    "check_clone",
    "check_delete",
    "check_save",
    "checks_pause",
    "checks_resume",
    "checks_run_now",
    "database_target_delete",
    "database_target_save",
    "database_target_users",
    "full_settings",
    "maintenance_delete",
    "maintenance_save",
    "person_of",
    "service_by_url",
    "service_delete",
    "service_save",
]
