"""The snapshot of a policy that an escalation takes with it, so that an edit neither skips nor repeats a step of what runs."""

from typing import Any

from alerts.oncall.models import EscalationPolicy


def plan_json(policy: EscalationPolicy) -> dict[str, Any]:
    """As escalation.Plan.of_json reads it."""
    return {
        "policy": policy.name,
        "revision": policy.revision,
        "repeat": policy.repeat,
        "acknowledge_timeout_s": policy.acknowledge_timeout_s,
        "is_default": policy.is_default,
        "steps": [
            {
                "id": step.pk,
                "wait_s": step.wait_s,
                "targets": step.targets,
                "round_robin": step.round_robin,
                "only_between": step.only_between,
                "least_severity": step.least_severity,
            }
            for step in policy.steps.order_by("position")
        ],
    }
