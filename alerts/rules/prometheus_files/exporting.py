"""The rules of the portal as a Prometheus rule file."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import yaml

from alerts.rules.choices import Comparator, RuleKind
from alerts.rules.loading import read_plans
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup
from alerts.rules.plan import Plan
from alerts.rules.prometheus_files.durations import duration_text
from alerts.rules.prometheus_source import query_of
from monitoring.checks.portable.exporting import DUMPER

Tree = dict[str, Any]


def rules_exported(file: str | None = None) -> str:
    """YAML of all groups, or of those of one file, and without a file also of the rules by themselves, in a group for each interval.

    What Prometheus has no word for is left out and named in comments.
    """
    groups = RuleGroup.objects.all() if file is None else RuleGroup.objects.filter(file=file)
    trees = _named_apart([(group, _group(group)) for group in groups.order_by("file", "name")])
    notes: list[str] = []
    if file is None:
        alone = list(AlertRule.objects.filter(group=None, enabled=True).order_by("name", "pk"))
        trees += _alone([rule for rule in alone if rule.kind == RuleKind.METRIC])
        notes = [f"# Left out, of kind {rule.kind}: {rule.name}\n" for rule in alone if rule.kind != RuleKind.METRIC]
        notes += [
            f"# Without its recovery threshold: {rule.name}\n" for rule in alone if rule.recovery_threshold is not None
        ]
    return "".join(notes) + dump_groups(trees)


def dump_groups(trees: Sequence[Tree]) -> str:
    text: str = yaml.dump(
        {"groups": list(trees)}, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False
    )
    return text


def _named_apart(trees: list[tuple[RuleGroup, Tree]]) -> list[Tree]:
    """Groups of several files may have one name; within a file they may not."""
    seen: dict[str, int] = defaultdict(int)
    for group, tree in trees:
        seen[group.name] += 1
        if seen[group.name] > 1:
            tree["name"] = f"{group.name} ({group.file or seen[group.name]})"
    return [tree for _, tree in trees if tree["rules"]]


def _group(group: RuleGroup) -> Tree:
    tree: Tree = {"name": group.name, "interval": duration_text(group.interval_s)}
    tree |= {"query_offset": duration_text(group.query_offset_s)} if group.query_offset_s else {}
    tree |= {"limit": group.limit} if group.limit else {}
    tree |= {"labels": group.labels} if group.labels else {}
    rules = list(group.rules.filter(enabled=True))
    plans = read_plans([rule.pk for rule in rules])
    members = [(rule.position, _rule(rule, plans[rule.pk], dict(rule.labels))) for rule in rules if rule.pk in plans]
    members += [(one.position, _recording(one)) for one in group.recordings.all()]
    return tree | {"rules": [rule for _, rule in sorted(members, key=lambda pair: pair[0])]}


def _alone(rules: Sequence[AlertRule]) -> list[Tree]:
    plans = read_plans([rule.pk for rule in rules])
    by_interval: dict[float, list[Tree]] = defaultdict(list)
    for rule in rules:
        if (plan := plans.get(rule.pk)) is None:
            continue
        said = {name: plan.common[name] for name in ("severity", "category") if name in plan.common}
        by_interval[rule.interval_s].append(_rule(rule, plan, said | dict(plan.own)))
    return [
        {"name": f"every {every:g} s", "interval": duration_text(every), "rules": by_interval[every]}
        for every in sorted(by_interval)
    ]


def _rule(rule: AlertRule, plan: Plan, labels: dict[str, str]) -> Tree:
    text = rule.expression if rule.comparator == Comparator.PRESENT else query_of(rule, plan)
    tree: Tree = {"alert": rule.name, "expr": text}
    tree |= {"for": duration_text(rule.for_s)} if rule.for_s else {}
    tree |= {"keep_firing_for": duration_text(rule.keep_firing_for_s)} if rule.keep_firing_for_s else {}
    tree |= {"labels": labels} if labels else {}
    return tree | ({"annotations": dict(plan.annotations)} if plan.annotations else {})


def _recording(one: RecordingRule) -> Tree:
    tree: Tree = {"record": one.record, "expr": one.expression}
    return tree | ({"labels": dict(one.labels)} if one.labels else {})
