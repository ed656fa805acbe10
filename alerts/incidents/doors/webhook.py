"""`POST /alerts/in/alertmanager-webhook`: the webhook of Alertmanager, version 4, and of Grafana, which sends a superset of it.

An Alertmanager tells a webhook again after its repeat interval only, so what fires is not over after the resolve timeout, but when it
says so or after HELD.
"""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from alerts.incidents.doors import limits
from alerts.incidents.doors.alertmanager.posting import PERMISSION, RECEIVED
from alerts.incidents.doors.alertmanager.reading import MOST_ALERTS, alert_of
from alerts.incidents.doors.base import MOST_BYTES, REFUSED, PostDoor
from alerts.incidents.doors.bodies import read_at_most
from alerts.incidents.doors.errors import BodyError
from alerts.incidents.doors.generic import json_of
from alerts.incidents.doors.once import Done, once
from alerts.incidents.identity import LabelError
from alerts.incidents.intake import payloads_receive
from opsportal.api.programs import admitted

HELD = timedelta(days=7)
PER_MINUTE = 1_200  # of one sender
MOST_FAULTS = 20  # told of
STATES = ("firing", "resolved")
LINKS = {"dashboardURL": "dashboard_url", "panelURL": "panel_url", "silenceURL": "silence_url"}  # Grafana's


class WebhookDoor(PostDoor):
    name = "alertmanager-webhook"

    def take(self, request: HttpRequest, **path: Any) -> Done:
        now, sender = timezone.now(), admitted(request, PERMISSION).get_username()
        limits.admit(f"webhook:{sender}", PER_MINUTE)
        body = read_at_most(request, MOST_BYTES)
        good, faults = alerts_of(json_of(body), now)
        if faults and not good:
            raise BodyError(400, {"error": "none of the alerts can be taken", "refused": faults[:MOST_FAULTS]})

        def act() -> Done:
            payloads_receive(good, source=f"webhook:{sender}", now=now)
            return Done(200, {"taken": len(good), "refused": faults[:MOST_FAULTS]})

        done = once(request, body, scope=f"user:{sender}", now=now, act=act)
        RECEIVED.add(len(good), self.name)
        REFUSED.add(len(faults), self.name)
        return done


def alerts_of(posted: Any, now: datetime) -> tuple[list[dict[str, Any]], list[str]]:
    """The alerts of a notification as the inbox holds them, and what is wrong with the others. Raises BodyError."""
    alerts = posted.get("alerts") if isinstance(posted, dict) else None
    if not isinstance(alerts, list):
        raise BodyError(400, 'a notification of Alertmanager, version 4, is expected: {"version": "4", "alerts": […]}')
    if len(alerts) > MOST_ALERTS:
        raise BodyError(400, f"there are {len(alerts)} alerts, at most {MOST_ALERTS} are taken at once")
    good: list[dict[str, Any]] = []
    faults: list[str] = []
    for place, one in enumerate(alerts):
        try:
            good.append(_alert(one, now))
        except LabelError as error:
            faults.append(f"alerts.{place}: {error}")
        except BodyError as error:
            faults.append(f"alerts.{place}: {_words(error)}")
    return good, faults


def _alert(one: Any, now: datetime) -> dict[str, Any]:
    if not isinstance(one, dict) or "labels" not in one:
        raise LabelError("an object with labels is expected")
    if one.get("status") not in STATES:
        raise LabelError("status is firing or resolved")
    links = {name: one[theirs] for theirs, name in LINKS.items() if isinstance(one.get(theirs), str) and one[theirs]}
    annotations = one.get("annotations")
    if links and isinstance(annotations or {}, dict):
        one = one | {"annotations": links | (annotations or {})}
    alert = alert_of(one)
    alert["ends_at"] = _end(alert, one["status"], now)
    return alert


def _end(alert: dict[str, Any], status: str, now: datetime) -> str:
    """A resolved one is over by now, whatever the clock there says, and never before it began."""
    begun = alert["starts_at"] and datetime.fromisoformat(alert["starts_at"])
    ends_at = alert["ends_at"] and datetime.fromisoformat(alert["ends_at"])
    if status == "firing":
        return (ends_at if ends_at and ends_at > now else now + HELD).isoformat()
    over = min(ends_at or now, now)
    return max(over, begun or over).isoformat()


def _words(error: BodyError) -> str:
    return str(error.body["message"] if isinstance(error.body, dict) else error.body)
