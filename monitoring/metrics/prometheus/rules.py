"""`rules`, `alerts`, `alertmanagers`: told by the room of alerts, once it is there; until then there are none, and that is said.

A room on a floor above sets `source` when its app is ready. Groups and alerts are in the form of Prometheus's API.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from monitoring.metrics.prometheus.door import Door
from monitoring.metrics.prometheus.envelope import Answer, bad_parameter
from monitoring.metrics.prometheus.parameters import Parameters
from monitoring.metrics.prometheus.selecting import selectors
from monitoring.metrics.promql.matchers import matches

Group = dict[str, Any]
Alert = dict[str, Any]
TYPES = {"": ("alerting", "recording"), "alert": ("alerting",), "record": ("recording",)}


@dataclass(slots=True)
class Source:
    """Who knows the rules. A group is `{"name", "file", "interval", "rules": [{"type", "name", "query", "labels", …}]}`."""

    groups: Callable[[], list[Group]] = list
    alerts: Callable[[], list[Alert]] = list


source = Source()


class Rules(Door):
    """`type` (alert, record), `rule_name[]`, `rule_group[]`, `file[]`, `match[]`, `exclude_alerts`."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        wanted = parameters.text("type").lower()
        if wanted not in TYPES:
            raise bad_parameter("type", f'not supported value "{wanted}"')
        names, matcher_sets = set(parameters.all("rule_name[]")), selectors(parameters.all("match[]"))

        def kept(rule: dict[str, Any]) -> bool:
            labels = tuple(sorted(rule.get("labels", {}).items()))
            return (
                rule["type"] in TYPES[wanted]
                and (not names or rule["name"] in names)
                and (not matcher_sets or any(matches(labels, one) for one in matcher_sets))
            )

        bare = re.fullmatch(r"1|t|T|true|TRUE|True", parameters.text("exclude_alerts")) is not None
        groups = [
            group | {"rules": [without_alerts(rule) if bare else rule for rule in group["rules"] if kept(rule)]}
            for group in source.groups()
            if group_wanted(group, parameters)
        ]
        narrowed = bool(names or matcher_sets)
        return Answer({"groups": [group for group in groups if group["rules"] or not narrowed]})


def group_wanted(group: Group, parameters: Parameters) -> bool:
    return all(
        not parameters.all(name) or group.get(key) in parameters.all(name)
        for name, key in (("rule_group[]", "name"), ("file[]", "file"))
    )


def without_alerts(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "alerts"}


class Alerts(Door):
    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        return Answer({"alerts": source.alerts()})


class Alertmanagers(Door):
    """The portal alerts by itself: it sends to none."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        return Answer({"activeAlertmanagers": [], "droppedAlertmanagers": []})
