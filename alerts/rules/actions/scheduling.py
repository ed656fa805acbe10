"""Schedules of rules and groups: who is switched on is due at once, and again on its grid."""

from datetime import datetime

from django.db.models import F

from alerts.rules.models import AlertRule, RuleGroup, RuleSchedule


def rule_schedule(rule: AlertRule, now: datetime) -> None:
    """The schedule of a rule by itself; one in a group has none. An evaluation that is under way is thrown away."""
    if rule.group_id is not None:
        RuleSchedule.objects.filter(rule=rule).delete()
        return
    RuleSchedule.objects.update_or_create(
        rule=rule,
        defaults={"next_at": now if rule.enabled else None, "lease": None, "lease_until": None, "last_error": ""},
    )


def group_touch(group_id: int, now: datetime) -> None:
    """Something of a group changed: its plan is read anew, and it is due at once."""
    RuleGroup.objects.filter(pk=group_id).update(revision=F("revision") + 1)
    group = RuleGroup.objects.get(pk=group_id)
    RuleSchedule.objects.update_or_create(
        group=group,
        defaults={"next_at": now if group.enabled else None, "lease": None, "lease_until": None, "last_error": ""},
    )
