"""The status of checks, or of services, as the portal shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import orjson
from django import forms
from django.db import connection

from alerts.rules.kinds.base import Asked, Facts, Gathered, Judged, KindForm, RuleKind
from alerts.rules.kinds.lists import WordsField
from alerts.rules.states import Labels, Seen
from monitoring.checks.choices import Criticality, Status
from monitoring.checks.status import SEVERITY

MOST_ROWS = 20_000
STATUSES = [
    Status.DOWN,
    Status.DEGRADED,
    Status.UNKNOWN,
    Status.STALE,
    Status.PAUSED,
    Status.MAINTENANCE,
    Status.PENDING,
]

CHECKS = """
SELECT s.slug, c.slug, t.status, s.labels::text, s.criticality, s.owner
FROM checks_checkstate t JOIN checks_check c ON c.id = t.check_id JOIN checks_service s ON s.id = c.service_id
WHERE t.status = ANY(%s) AND c.enabled ORDER BY s.slug, c.slug LIMIT %s
"""
SERVICES = """
SELECT s.slug, '', t.status, s.labels::text, s.criticality, s.owner
FROM checks_servicestate t JOIN checks_service s ON s.id = t.service_id WHERE t.status = ANY(%s) ORDER BY s.slug LIMIT %s
"""


class Standing(NamedTuple):
    """A check, or a service (`check` empty), that has one of the statuses asked for."""

    service: str
    check: str
    status: str
    labels: Mapping[str, str]
    criticality: str
    owner: str


class CheckStatusKind(RuleKind):
    """A problem while it has one of the statuses. The value is the status's rank as in the metric check_status (3: down)."""

    kind = "check_status"
    description = "Watches the status of checks or services, chosen by name, label, criticality or owner."
    icon = "monitor_heart"

    class SettingsForm(KindForm):
        of = forms.ChoiceField(
            initial="check", choices=[("check", "Checks"), ("service", "Services")], help_text="Whose status."
        )
        statuses = forms.TypedMultipleChoiceField(
            initial=[Status.DOWN.value], choices=[(one.value, one.label) for one in STATUSES], help_text="Any of these."
        )
        targets = WordsField(
            required=False,
            help_text="Slugs: shop for a service and its checks, shop/home for one check; * stands for anything. Empty: all.",
        )
        labels = WordsField(required=False, help_text="Labels that the service has: env=prod. All must be there.")
        criticality = forms.TypedMultipleChoiceField(
            required=False, choices=Criticality.choices, help_text="Of the service: any of these; none: all."
        )
        owner = forms.CharField(required=False, max_length=80, help_text="The service's team.")

        def clean_labels(self) -> list[str]:
            pairs: list[str] = self.cleaned_data["labels"]
            for pair in pairs:
                if not pair.partition("=")[0] or "=" not in pair:
                    raise forms.ValidationError(f"{pair!r}: write name=value, such as env=prod.")
            return pairs

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.of_services = facts.settings["of"] == "service"
        self.statuses = frozenset(facts.settings["statuses"])
        self.pairs = [pair.partition("=")[::2] for pair in facts.settings["labels"]]

    def takes(self, one: Standing) -> bool:
        settings = self.settings
        return (
            one.status in self.statuses
            and (not settings["targets"] or self.is_target(one.service, one.check))
            and all(str(one.labels.get(name, "")) == value for name, value in self.pairs)
            and (not settings["criticality"] or one.criticality in settings["criticality"])
            and (not settings["owner"] or one.owner == settings["owner"])
        )

    def is_target(self, service: str, check: str) -> bool:
        """Whether a check, or a service (`check` empty), is named."""
        whole = f"{service}/{check}" if check else service
        return any(fnmatchcase(whole, one) or fnmatchcase(service, one) for one in self.settings["targets"])

    def concerns(self, kind: str, subject: str) -> bool:
        """Whether an event may have changed what it sees."""
        if kind != ("service.status" if self.of_services else "check.status"):
            return False
        service, _, check = subject.partition(":")[2].partition("/")
        return not self.settings["targets"] or self.is_target(service, check)

    def seen(self, standings: Sequence[Standing]) -> Judged:
        for one in standings:
            if self.takes(one):
                yield labels_of(one), Seen(True, False, float(SEVERITY.get(Status(one.status), 0)))

    @classmethod
    def gather(cls, asked: Sequence[Asked], at: datetime) -> dict[int, Gathered]:
        kinds = [(one, one.kind) for one in asked if isinstance(one.kind, CheckStatusKind)]
        standings = {
            of_services: _standings(of_services, sorted({status for _, kind in kinds for status in kind.statuses}))
            for of_services in {kind.of_services for _, kind in kinds}
        }
        return {one.rule_id: Gathered(kind.seen(standings[kind.of_services]), one.hits_upto) for one, kind in kinds}


def _standings(of_services: bool, statuses: Sequence[str]) -> list[Standing]:
    with connection.cursor() as cursor:
        cursor.execute(SERVICES if of_services else CHECKS, [list(statuses), MOST_ROWS])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [
        Standing(service, check, status, orjson.loads(labels), *rest) for service, check, status, labels, *rest in rows
    ]


def labels_of(one: Standing) -> Labels:
    pairs = (("check", one.check), ("service", one.service))
    return tuple(pair for pair in pairs if pair[1])
