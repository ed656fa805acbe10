"""Rules and alerts in the form of Prometheus's API, for `/prometheus/api/v1/rules` and `/alerts`.

Rules by themselves stand in one group for each interval, named after it, as if they were of the file `opsportal`.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from alerts.rules.choices import Comparator, Phase
from alerts.rules.expanding import Expander
from alerts.rules.loading import read_plans
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup, RuleState
from alerts.rules.plan import Plan
from alerts.rules.queries import last_error_of, recordings_listed, schedule_of
from monitoring.metrics.formats.numbers import api_float
from monitoring.metrics.moments import milliseconds
from monitoring.metrics.promql.errors import PromqlError

MOST_ALERTS = 10_000
SIGNS = {
    Comparator.ABOVE: ">", Comparator.AT_LEAST: ">=", Comparator.BELOW: "<", Comparator.AT_MOST: "<=", Comparator.EQUAL: "==",
    Comparator.NOT_EQUAL: "!=",
}  # fmt: skip
NEVER = "0001-01-01T00:00:00Z"
SHOWN = (Phase.PENDING, Phase.FIRING, Phase.RECOVERING)


def groups() -> list[dict[str, Any]]:
    """All groups with their rules that are switched on."""
    rules = list(AlertRule.objects.filter(enabled=True).select_related("group__schedule", "policy", "schedule"))
    plans = read_plans([rule.pk for rule in rules])
    of_rule = _alerts_of(plans)
    members: dict[int | float, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    of_group: dict[int, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for rule in rules:
        if rule.pk not in plans:
            continue
        told = _rule(rule, plans[rule.pk], of_rule.get(rule.pk, []))
        if rule.group_id is None:
            members[rule.interval_s].append((rule.pk, told))
        else:
            of_group[rule.group_id].append((rule.position, told))
    for recording in recordings_listed():
        of_group[recording.group_id].append((recording.position, _recording(recording)))
    stored = RuleGroup.objects.filter(enabled=True).select_related("schedule")
    return [
        *(_group(group.name, group.file, group.interval_s, group.limit, group, of_group[group.pk]) for group in stored),
        *(_group(f"every {every:g} s", "opsportal", every, 0, None, members[every]) for every in sorted(members)),
    ]


def alerts() -> list[dict[str, Any]]:
    """Those that fire or are pending, at most MOST_ALERTS."""
    rules = list(RuleState.objects.filter(phase__in=SHOWN).values_list("rule_id", flat=True).distinct())
    return [alert for found in _alerts_of(read_plans(rules)).values() for alert in found]


def _group(
    name: str,
    file: str,
    interval_s: float,
    limit: int,
    group: RuleGroup | None,
    rules: Iterable[tuple[int, dict[str, Any]]],
) -> dict[str, Any]:
    ordered = [rule for _, rule in sorted(rules, key=lambda pair: pair[0])]
    schedule = getattr(group, "schedule", None) if group else None
    last = max((rule["lastEvaluation"] for rule in ordered), default=NEVER)
    return {
        "name": name,
        "file": file,
        "rules": ordered,
        "interval": interval_s,
        "limit": limit,
        "evaluationTime": (schedule.last_duration_s or 0.0) if schedule else 0.0,
        "lastEvaluation": _time(schedule.last_at) if schedule else last,
    }


def _rule(rule: AlertRule, plan: Plan, found: list[dict[str, Any]]) -> dict[str, Any]:
    schedule, error = schedule_of(rule), last_error_of(rule)
    states = {alert["state"] for alert in found}
    told = {
        "state": "firing" if "firing" in states else "pending" if states else "inactive",
        "name": rule.name,
        "query": query_of(rule, plan),
        "duration": rule.for_s,
        "keepFiringFor": rule.keep_firing_for_s,
        "labels": {**{name: value for name, value in plan.common.items() if name != "alertname"}, **plan.own},
        "annotations": dict(plan.annotations),
        "alerts": found,
        "health": "err" if error else "ok" if schedule and schedule.last_at else "unknown",
        "evaluationTime": (schedule.last_duration_s or 0.0) if schedule else 0.0,
        "lastEvaluation": _time(schedule.last_at) if schedule else NEVER,
        "type": "alerting",
    }
    return told | ({"lastError": error} if error else {})


def query_of(rule: AlertRule, plan: Plan) -> str:
    """The PromQL of a rule with its threshold; of kinds that ask none, a word for them."""
    if not plan.queries:
        return f"# {rule.kind}"
    sign = SIGNS.get(Comparator(rule.comparator))
    return f"({plan.queries[0]}) {sign} {rule.threshold:g}" if sign and rule.threshold is not None else plan.queries[0]


def _recording(recording: RecordingRule) -> dict[str, Any]:
    return {
        "name": recording.record,
        "query": recording.expression,
        "labels": dict(recording.labels),
        "health": "ok",
        "evaluationTime": 0.0,
        "lastEvaluation": NEVER,
        "type": "recording",
    }


def _alerts_of(plans: dict[int, Plan]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    shown = RuleState.objects.filter(rule__in=plans, phase__in=SHOWN).order_by("rule_id", "id")[:MOST_ALERTS]
    for state in shown:
        found[state.rule_id].append(_alert(plans[state.rule_id], state))
    return found


def _alert(plan: Plan, state: RuleState) -> dict[str, Any]:
    labels = tuple(sorted(state.labels.items()))
    expand = Expander(milliseconds(state.since), ask=_no_query)
    return {
        "labels": {**state.labels, **plan.common},
        "annotations": {
            name: expand(text, labels, state.value, state.since) for name, text in plan.annotations.items()
        },
        "state": "pending" if state.phase == Phase.PENDING else "firing",
        "activeAt": _time(state.active_at),
        "value": api_float(state.value) if state.value is not None else "NaN",
    }


def _no_query(text: str, time_ms: int, timeout_s: float) -> Any:
    """A list of alerts asks the store nothing."""
    raise PromqlError("execution", "not asked in a list of alerts")


def _time(time: Any) -> str:
    return time.isoformat().replace("+00:00", "Z") if time else NEVER
