"""The joined reads that the admin, the API and the pages share."""

from django.db.models import Count, Q, QuerySet

from alerts.rules.choices import Phase
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup, RuleSchedule, RuleState
from alerts.rules.querysets import ACTIVE


def rules_listed() -> QuerySet[AlertRule]:
    """Rules with their group, policy and schedule, and how many of their alerts fire or are pending: one statement."""
    rules: QuerySet[AlertRule] = (
        AlertRule.objects.select_related("group__schedule", "policy", "schedule")
        .annotate(
            firing_count=Count("states", filter=Q(states__phase__in=ACTIVE)),
            pending_count=Count("states", filter=Q(states__phase=Phase.PENDING)),
        )
        .order_by("name", "id")
    )
    return rules


def groups_listed() -> QuerySet[RuleGroup]:
    """Groups with their schedule and how many rules they have."""
    return (
        RuleGroup.objects.select_related("schedule")
        .annotate(
            rule_count=Count("rules", distinct=True),
            recording_count=Count("recordings", distinct=True),
        )
        .order_by("file", "name", "id")
    )


def recordings_listed() -> QuerySet[RecordingRule]:
    return RecordingRule.objects.select_related("group").order_by("group__file", "group__name", "position", "id")


def states_listed() -> QuerySet[RuleState]:
    return RuleState.objects.select_related("rule").order_by("-since", "id")


def schedule_of(rule: AlertRule) -> RuleSchedule | None:
    """A rule's own schedule, or that of its group."""
    unit = rule.group if rule.group_id is not None else rule
    return getattr(unit, "schedule", None)


def last_error_of(rule: AlertRule) -> str:
    """What went wrong in its last evaluation; a group's errors begin with the names of its rules."""
    schedule = schedule_of(rule)
    if schedule is None:
        return ""
    if rule.group_id is None:
        return schedule.last_error
    mine = [
        line.removeprefix(f"{rule.name}: ")
        for line in schedule.last_error.splitlines()
        if line.startswith(f"{rule.name}: ")
    ]
    return mine[0] if mine else ""
