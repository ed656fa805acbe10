"""A policy in plain words: who is told when, if nobody acknowledges. Pure."""

from datetime import timedelta

from alerts.oncall.choices import TargetKind
from alerts.oncall.escalation import Plan, StepPlan, TargetPlan
from opsportal.units import age

WORDS = {
    TargetKind.USER: "{}",
    TargetKind.SCHEDULE: "whoever is on call in {}",
    TargetKind.TEAM: "everybody in team {}",
    TargetKind.CHANNEL: "channel {}",
}


def policy_words(plan: Plan) -> list[str]:
    """A sentence for each step, then what comes after the last one and what an acknowledgement does."""
    lines, at_s = [], 0
    for step in plan.steps:
        lines.append(f"{_when(at_s)}: {_whom(step)}{_only(step)}.")
        at_s += step.wait_s
    return [*lines, _again(plan, at_s), _acknowledged(plan)]


def _when(at_s: int) -> str:
    return f"After {_span(at_s)}" if at_s else "At once"


def _whom(step: StepPlan) -> str:
    names = [target_words(target) for target in step.targets]
    if step.round_robin and len(names) > 1:
        return f"one of {', '.join(names)}, in turn from incident to incident"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "nobody"


def target_words(target: TargetPlan) -> str:
    return WORDS[TargetKind(target.kind)].format(target.name)


def _only(step: StepPlan) -> str:
    only = [
        f"for what is {step.least_severity} or worse" if step.least_severity else "",
        f"{step.only_between}" if step.only_between else "",
    ]
    conditions = " and ".join(words for words in only if words)
    return f", only {conditions} (else the next step follows at once)" if conditions else ""


def _again(plan: Plan, lap_s: int) -> str:
    if not plan.repeat:
        return f"After {_span(lap_s)} it has told everybody it is to tell, and tells nobody further."
    times = "once more" if plan.repeat == 1 else f"{plan.repeat} times more"
    return f"Then all of it {times}, every {_span(lap_s)}: it ends after {_span(lap_s * (plan.repeat + 1))}."


def _acknowledged(plan: Plan) -> str:
    begin = "Whoever acknowledges stops it"
    if not plan.acknowledge_timeout_s:
        return f"{begin} for good."
    return (
        f"{begin}; if it is not resolved {_span(plan.acknowledge_timeout_s)} later, it begins anew with the first step."
    )


def _span(seconds: int) -> str:
    return age(timedelta(seconds=seconds))
