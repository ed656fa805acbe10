"""`POST /pagerduty/v2/enqueue` and `/pagerduty/v2/change/enqueue`: PagerDuty's Events API v2, whose routing key is an integration key.

Source: PagerDuty's documentation of the Events API v2.
"""

import secrets
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from alerts.incidents.choices import KeyKind
from alerts.incidents.doors import limits
from alerts.incidents.doors.base import MOST_BYTES, PostDoor
from alerts.incidents.doors.bodies import read_at_most
from alerts.incidents.doors.errors import BodyError
from alerts.incidents.doors.generic import ACCEPTED, json_of
from alerts.incidents.doors.keys import key_of, note_use, require_signature
from alerts.incidents.doors.mapping import MOST_DEDUP, cut, occurrence
from alerts.incidents.doors.occurrences import SENT, take
from alerts.incidents.doors.once import Done, once
from alerts.incidents.models import IntegrationKey
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity

ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
MOST_SUMMARY = 1_024
MOST_DETAILS = 20_000
CHANGE_PARTS = ("source", "custom_details", "timestamp")


class PagerDutyDoor(PostDoor):
    """Reads the body, and lets in whose routing key is known."""

    name = "pagerduty"

    def put(self, error: BodyError) -> BodyError:
        words = str(error.body)
        if error.status == 429:
            message = "Requests for this service are arriving too quickly. Please retry later."
            return BodyError(429, {"status": "throttle exceeded", "message": message, "errors": [words]}, error.headers)
        return invalid([words], error) if isinstance(error.body, str) else error

    def take(self, request: HttpRequest, **path: Any) -> Done:
        now, body = timezone.now(), read_at_most(request, MOST_BYTES)
        event = json_of(body)
        if not isinstance(event, dict):
            raise BodyError(400, "the body is not a JSON object")
        text = event.get("routing_key") or request.headers.get("X-Routing-Key", "")
        if not isinstance(text, str) or not text.strip():
            raise BodyError(400, "'routing_key' is missing or blank")
        key = key_of(text.strip(), KeyKind.PAGERDUTY)
        if key is None:
            raise BodyError(400, "'routing_key' is not the key of an integration that is enabled")
        limits.admit(f"key:{key.pk}", key.rate_per_minute)
        require_signature(request, body, key)
        done = once(request, body, scope=f"key:{key.pk}", now=now, act=lambda: self.act(key, event, now))
        note_use(key, now)
        return done

    def act(self, key: IntegrationKey, event: dict[str, Any], now: datetime) -> Done:
        raise NotImplementedError


class Enqueue(PagerDutyDoor):
    def act(self, key: IntegrationKey, event: dict[str, Any], now: datetime) -> Done:
        if faults := event_faults(event):
            raise invalid(faults)
        dedup = event.get("dedup_key") or secrets.token_hex(16)
        known = event | {"dedup_key": dedup}
        sent = occurrence(known, mapping=key.mapping, kind=key.kind, slug=key.slug, name=key.name)
        outcome = take(key, sent, now)
        SENT.add(1, self.name, outcome)
        return Done(ACCEPTED, {"status": "success", "message": "Event processed", "dedup_key": dedup})


class ChangeEnqueue(PagerDutyDoor):
    """What was changed, such as a deployment: an event on the timeline, and no alert."""

    def act(self, key: IntegrationKey, event: dict[str, Any], now: datetime) -> Done:
        payload: Any = event.get("payload")
        if faults := payload_faults(payload, ("summary",)):
            raise invalid(faults)
        parts = {name: payload.get(name) for name in CHANGE_PARTS} | {"links": event.get("links")}
        about = {name: cut(str(found), MOST_DETAILS) for name, found in parts.items() if found}
        event_emit(
            kind="change.received",
            severity=Severity.INFO,
            subject=f"integration:{key.slug}",
            summary=cut(payload["summary"], MOST_SUMMARY),
            payload={"integration": key.slug} | about,
            time=now,
        )
        SENT.add(1, self.name, "change")
        return Done(ACCEPTED, {"status": "success", "message": "Change event processed"})


def event_faults(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event, in PagerDuty's words."""
    faults = []
    action, dedup = event.get("event_action"), event.get("dedup_key")
    if action not in ACTIONS:
        faults.append("'event_action' is missing or is none of 'trigger', 'acknowledge', 'resolve'")
    if dedup is not None and not isinstance(dedup, str):
        faults.append("'dedup_key' is not a string")
    elif isinstance(dedup, str) and len(dedup) > MOST_DEDUP:
        faults.append(f"'dedup_key' has {len(dedup)} characters (at most {MOST_DEDUP})")
    elif action in ACTIONS[1:] and not dedup:
        faults.append("'dedup_key' is missing or blank")
    if action == "trigger":
        faults += payload_faults(event.get("payload"), ("summary", "source"))
        faults += severity_faults(event.get("payload"))
    return faults


def payload_faults(payload: object, required: tuple[str, ...]) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or is not an object"]
    found = {name: payload.get(name) for name in required}
    return [
        f"'payload.{name}' is missing or blank"
        for name, text in found.items()
        if not isinstance(text, str) or not text.strip()
    ]


def severity_faults(payload: object) -> list[str]:
    if not isinstance(payload, dict) or payload.get("severity") in SEVERITIES:
        return []
    return ["'payload.severity' is invalid (must be one of 'critical', 'error', 'warning' or 'info')"]


def invalid(faults: list[str], error: BodyError | None = None) -> BodyError:
    told = {"status": "invalid event", "message": "Event object is invalid", "errors": faults}
    return BodyError(error.status if error else 400, told, error.headers if error else None)
