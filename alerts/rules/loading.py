"""Plans of rules and groups, read once a revision and kept."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from alerts.rules.models import AlertRule, RecordingRule, RuleGroup
from alerts.rules.plan import GroupFields, Plan, plan_of

log = logging.getLogger(__name__)

MOST_KEPT = 50_000

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule, ready. `labels`: of the group and its own."""

    metric: str
    text: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """Rules in the order in which they are evaluated."""

    group_id: int
    name: str
    file: str
    revision: int
    interval_s: float
    offset_s: float
    limit: int
    rules: tuple[Plan | Recording, ...]


@dataclass(slots=True)
class Cache(Generic[Kept]):
    """What was read, by id and revision. Not more than MOST_KEPT."""

    read: Callable[[list[int]], Mapping[int, Kept]]
    kept: dict[int, tuple[int, Kept]] = field(default_factory=dict)

    def get(self, wanted: Iterable[tuple[int, int]]) -> dict[int, Kept]:
        """Those of (id, revision) that there are."""
        pairs = list(wanted)
        found = {one: self.kept[one][1] for one, revision in pairs if self._is_kept(one, revision)}
        missing = {one: revision for one, revision in pairs if one not in found}
        if missing:
            if len(self.kept) + len(missing) > MOST_KEPT:
                self.kept.clear()
            for one, plan in self.read(list(missing)).items():
                self.kept[one] = (missing[one], plan)
                found[one] = plan
        return found

    def _is_kept(self, one: int, revision: int) -> bool:
        kept = self.kept.get(one)
        return kept is not None and kept[0] == revision


def read_plans(ids: list[int]) -> dict[int, Plan]:
    """Plans of rules by id, whether they are switched on or not. Those that cannot be made ready are left out."""
    found = {}
    for rule in AlertRule.objects.filter(id__in=ids).select_related("policy", "group"):
        try:
            found[rule.pk] = plan_of(rule, rule.pk, rule.policy.slug if rule.policy else "", group_fields(rule.group))
        except Exception:  # one rule must not keep the others from being evaluated
            log.exception("rule %s cannot be made ready", rule.slug)
    return found


def group_fields(group: RuleGroup | None) -> GroupFields | None:
    return GroupFields(group.labels, group.limit, group.interval_s) if group else None


def read_groups(ids: list[int]) -> dict[int, GroupPlan]:
    """Plans of groups by id, with their rules that are switched on."""
    groups = RuleGroup.objects.filter(id__in=ids)
    rules: dict[int, list[tuple[int, Plan | Recording]]] = {group.pk: [] for group in groups}
    alerting = AlertRule.objects.filter(group__in=ids, enabled=True).values_list("id", "group_id", "position")
    plans = read_plans([one for one, _, _ in alerting])
    for rule_id, group_id, position in alerting:
        if rule_id in plans:
            rules[group_id].append((position, plans[rule_id]))
    for record in RecordingRule.objects.filter(group__in=ids).select_related("group"):
        labels = {**record.group.labels, **record.labels}
        rules[record.group_id].append((record.position, Recording(record.record, record.expression, labels)))
    return {
        group.pk: GroupPlan(
            group.pk,
            group.name,
            group.file,
            group.revision,
            group.interval_s,
            group.query_offset_s,
            group.limit,
            tuple(rule for _, rule in sorted(rules[group.pk], key=lambda pair: pair[0])),
        )
        for group in groups
    }


plans: Cache[Plan] = Cache(read_plans)
groups: Cache[GroupPlan] = Cache(read_groups)
