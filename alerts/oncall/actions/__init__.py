"""Every write of configuration in this room: keyword-only verbs, one transaction each; every real change is an event.

Wrong input raises django.core.exceptions.ValidationError; its keys name the field: `name`, `layers.0.restrictions.1.start`.
"""

from alerts.oncall.actions.feeds import feed_create, feed_revoke, feed_used
from alerts.oncall.actions.overrides import override_delete, override_save, shifts_swap
from alerts.oncall.actions.personal import (
    personal_rule_delete,
    personal_rule_put,
    personal_rules_save,
    quiet_hours_delete,
    quiet_hours_save,
)
from alerts.oncall.actions.policies import policy_delete, policy_save, policy_users
from alerts.oncall.actions.schedules import schedule_delete, schedule_save
from alerts.oncall.actions.teams import team_delete, team_save

__all__ = [
    "feed_create",
    "feed_revoke",
    "feed_used",
    "override_delete",
    "override_save",
    "personal_rule_delete",
    "personal_rule_put",
    "personal_rules_save",
    "policy_delete",
    "policy_save",
    "policy_users",
    "quiet_hours_delete",
    "quiet_hours_save",
    "schedule_delete",
    "schedule_save",
    "shifts_swap",
    "team_delete",
    "team_save",
]
