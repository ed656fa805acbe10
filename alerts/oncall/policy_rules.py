"""What a step of a policy may be. Pure: what targets there are is passed in."""

import zoneinfo
from collections.abc import Mapping
from datetime import time
from typing import Any

from alerts.oncall.choices import TargetKind
from monitoring.events.choices import Severity

Found = dict[tuple[str, str], tuple[int, str]]  # (kind, slug) → (id, name)
MOST_STEPS = 20
MOST_TARGETS = 20
LONGEST_WAIT_S = 7 * 86_400
NAMES = {
    TargetKind.USER: "active account",
    TargetKind.SCHEDULE: "schedule",
    TargetKind.TEAM: "team",
    TargetKind.CHANNEL: "channel",
}
KNOWN = {"wait_s", "targets", "round_robin", "only_between", "least_severity"}


def step_errors(step: Any, found: Found) -> dict[str, str]:
    """Errors by place within the step, such as `targets.1.slug`."""
    if not isinstance(step, Mapping):
        return {"": "Give an object with targets and wait_s."}
    errors = {name: f"There is no such field; known are {', '.join(sorted(KNOWN))}." for name in set(step) - KNOWN}
    wait_s = step.get("wait_s", 300)
    if not isinstance(wait_s, int) or isinstance(wait_s, bool) or not 0 <= wait_s <= LONGEST_WAIT_S:
        errors["wait_s"] = f"Give whole seconds from 0 to {LONGEST_WAIT_S} (a week)."
    if not isinstance(step.get("round_robin", False), bool):
        errors["round_robin"] = "Give true or false."
    if step.get("least_severity", "") not in ("", *Severity.values):
        errors["least_severity"] = f"Give one of {', '.join(Severity.values)}, or leave it empty."
    return errors | _target_errors(step.get("targets"), found) | _window_errors(step.get("only_between"))


def _target_errors(targets: Any, found: Found) -> dict[str, str]:
    if not isinstance(targets, list | tuple) or not targets:
        return {"targets": 'Give at least one target, such as {"kind": "schedule", "slug": "primary"}.'}
    if len(targets) > MOST_TARGETS:
        return {"targets": f"A step has at most {MOST_TARGETS} targets; make a team of them."}
    errors = {}
    for number, target in enumerate(targets):
        if not isinstance(target, Mapping) or target.get("kind") not in TargetKind.values:
            errors[f"targets.{number}.kind"] = f"Give one of {', '.join(TargetKind.values)}."
        elif (target["kind"], target.get("slug")) not in found:
            errors[f"targets.{number}.slug"] = f"There is no {NAMES[target['kind']]} {target.get('slug')!r}."
    return errors


def _window_errors(window: Any) -> dict[str, str]:
    if window is None:
        return {}
    if not isinstance(window, Mapping):
        return {"only_between": 'Give {"time_zone", "weekdays", "start", "end"} or null.'}
    errors = {}
    if window.get("time_zone") not in zoneinfo.available_timezones():
        errors["only_between.time_zone"] = "Give a time zone such as Europe/Vienna or UTC."
    days = window.get("weekdays") or []
    if not isinstance(days, list | tuple) or not all(isinstance(day, int) and 0 <= day <= 6 for day in days):
        errors["only_between.weekdays"] = "Give a list of numbers from 0 (Monday) to 6 (Sunday); empty: every day."
    for name in ("start", "end"):
        if clock(window.get(name)) is None:
            errors[f"only_between.{name}"] = "Give a time as HH:MM."
    return errors


def clock(text: Any) -> time | None:
    """HH:MM as a time; None: it is none."""
    if isinstance(text, time):
        return text.replace(second=0, microsecond=0, tzinfo=None)
    try:
        at = time.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return None if at.tzinfo or at.second or at.microsecond else at


def tidy_step(step: Mapping[str, Any], found: Found) -> dict[str, Any]:
    """As PolicyStep keeps it; targets with the id and the name of what they are. The step has no errors."""
    window = step.get("only_between")
    return {
        "wait_s": step.get("wait_s", 300),
        "targets": [_tidy_target(target["kind"], target["slug"], found) for target in step["targets"]],
        "round_robin": step.get("round_robin", False),
        "only_between": None if window is None else _tidy_window(window),
        "least_severity": step.get("least_severity", ""),
    }


def _tidy_target(kind: str, slug: str, found: Found) -> dict[str, Any]:
    pk, name = found[kind, slug]
    return {"kind": str(kind), "slug": slug, "id": pk, "name": name}


def _tidy_window(window: Mapping[str, Any]) -> dict[str, Any]:
    start, end = clock(window["start"]), clock(window["end"])
    return {
        "time_zone": window["time_zone"],
        "weekdays": sorted({int(day) for day in window.get("weekdays") or ()}),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
    }
