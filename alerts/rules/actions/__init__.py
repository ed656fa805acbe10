"""Writes of rules and of groups."""

from alerts.rules.actions.groups import group_delete, group_save, recording_delete, recording_save
from alerts.rules.actions.rules import rule_delete, rule_save, rules_disable, rules_enable
from alerts.rules.actions.thresholds import threshold_save

__all__ = [
    "group_delete",
    "group_save",
    "recording_delete",
    "recording_save",
    "rule_delete",
    "rule_save",
    "rules_disable",
    "rules_enable",
    "threshold_save",
]
