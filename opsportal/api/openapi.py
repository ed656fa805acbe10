"""How the OpenAPI document is made. Words that mean the same are one schema: each set of choices has its name here."""

from typing import Any

SETTINGS: dict[str, Any] = {
    "TITLE": "Opsportal",
    "DESCRIPTION": "What is watched, how it is, and what happened. Errors are `application/problem+json` (RFC 9457).",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "Status": "monitoring.checks.choices.Status.choices",
        "Cause": "monitoring.checks.choices.Cause.choices",
        "Comparator": "monitoring.checks.choices.Comparator.choices",
        "Criticality": "monitoring.checks.choices.Criticality.choices",
        "Impact": "monitoring.checks.choices.Impact.choices",
        "CheckKind": "monitoring.checks.probes.registry.kind_choices",
        "Severity": "monitoring.events.choices.Severity.choices",
        "KindOfChannel": "alerts.delivery.kinds.registry.kind_choices",
        "MessageKind": "alerts.delivery.choices.MessageKind.choices",
        "DeliveryState": "alerts.delivery.choices.State.choices",
        "Urgency": "alerts.delivery.choices.Urgency.choices",
        "TargetKind": "alerts.oncall.choices.TargetKind.choices",
        "EscalationState": "alerts.oncall.choices.EscalationState.choices",
        "AttemptOutcome": "alerts.delivery.choices.Outcome.choices",
        "StepOutcome": "alerts.oncall.choices.StepOutcome.choices",
        "IncidentState": "alerts.incidents.choices.IncidentState.choices",
        "KindOfIntegration": "alerts.incidents.choices.KeyKind.choices",
        "CircuitState": "alerts.delivery.choices.CircuitState.choices",
        "KindOfRule": "alerts.rules.choices.RuleKind.choices",
        "RuleComparator": "alerts.rules.choices.Comparator.choices",
        "RulePhase": "alerts.rules.choices.Phase.choices",
        "OnTrouble": "alerts.rules.choices.OnTrouble.choices",
        "Trouble": "alerts.rules.choices.Trouble.choices",
        "Category": "alerts.rules.choices.Category.choices",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "opsportal.api.schema.document_problems",
    ],
}
