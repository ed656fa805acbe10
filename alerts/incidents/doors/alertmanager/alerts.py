"""`/api/v2/alerts` and `/api/v2/alerts/groups`: what fires now, with what keeps it quiet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import re2
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from alerts.delivery.messages import iso
from alerts.incidents.doors.alertmanager.door import AlertmanagerDoor, flag, matchers_of
from alerts.incidents.doors.alertmanager.posting import PERMISSION, answered, body_of, source_of
from alerts.incidents.doors.alertmanager.reading import alerts_of
from alerts.incidents.doors.answers import said
from alerts.incidents.doors.errors import BodyError
from alerts.incidents.identity import fingerprint
from alerts.incidents.intake import payloads_receive
from alerts.incidents.matching import Matchers, matches_all, parse_all
from alerts.incidents.models import Alert, Membership, Silence
from alerts.incidents.silencing import SilenceView, silenced_by

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for."""

    matchers: Matchers
    active: bool
    silenced: bool
    inhibited: bool
    unprocessed: bool
    receiver: Any  # a compiled expression, or None

    def keeps(self, alert: Json) -> bool:
        status = alert["status"]
        if status["state"] == "unprocessed" and not self.unprocessed:
            return False
        if status["state"] == "active" and not self.active:
            return False
        if (status["silencedBy"] and not self.silenced) or (status["inhibitedBy"] and not self.inhibited):
            return False
        return self.receiver is None or any(self.receiver.fullmatch(one["name"]) for one in alert["receivers"])


def wanted_of(request: HttpRequest) -> Wanted:
    """Raises BodyError."""
    receiver = None
    if text := request.GET.get("receiver", ""):
        try:
            receiver = re2.compile(text)
        except re2.error:
            raise BodyError(400, f"failed to parse receiver param: {text[:100]}") from None
    return Wanted(
        matchers_of(request),
        active=flag(request, "active"),
        silenced=flag(request, "silenced"),
        inhibited=flag(request, "inhibited"),
        unprocessed=flag(request, "unprocessed"),
        receiver=receiver,
    )


class Alerts(AlertmanagerDoor):
    permissions = {"GET": "incidents.view_alert", "POST": PERMISSION}

    def answer_get(self, request: HttpRequest) -> HttpResponse:
        wanted = wanted_of(request)
        shown = shown_alerts(firing(wanted.matchers), timezone.now())
        kept = [alert for alert in shown.values() if wanted.keeps(alert)]
        return said(sorted(kept, key=lambda alert: str(alert["fingerprint"])))

    def answer_post(self, request: HttpRequest) -> HttpResponse:
        """Where no event loop serves; see `posting.post_quickly`."""
        good, faults = alerts_of(body_of(request))
        payloads_receive(good, source=source_of(request.user.get_username()), now=timezone.now())
        return answered(len(good), faults)


class Groups(AlertmanagerDoor):
    """Alerts by the group they are told in."""

    def answer_get(self, request: HttpRequest) -> HttpResponse:
        wanted = wanted_of(request)
        alerts = firing(wanted.matchers)
        shown = shown_alerts(alerts, timezone.now())
        groups: dict[int, Json] = {}
        for membership in memberships_of(alerts):
            group, alert = membership.group, shown[membership.alert_id]
            if wanted.keeps(alert):
                found = groups.setdefault(
                    group.pk, {"alerts": [], "labels": group.labels, "receiver": {"name": group.receiver.name}}
                )
                found["alerts"].append(alert)
        return said(
            sorted(groups.values(), key=lambda group: (sorted(group["labels"].items()), group["receiver"]["name"]))
        )


def firing(matchers: Matchers) -> list[Alert]:
    """Alerts that fire and match. What must equal something is asked of the index."""
    equal = {one.name: one.value for one in matchers if one.op == "=" and one.value}
    rows = Alert.objects.filter(is_firing=True, **({"labels__contains": equal} if equal else {}))
    return [alert for alert in rows.iterator(chunk_size=2000) if matches_all(matchers, alert.labels)]


def memberships_of(alerts: Sequence[Alert]) -> Iterable[Membership]:
    ids = [alert.pk for alert in alerts]
    found = Membership.objects.filter(alert_id__in=ids, stale=False).select_related("group__receiver")
    return found.order_by("group_id", "alert_id")


def shown_alerts(alerts: Sequence[Alert], now: datetime) -> dict[int, Json]:
    """Alerts as the API shows them, by id."""
    receivers: dict[int, set[str]] = defaultdict(set)
    for membership in memberships_of(alerts):
        receivers[membership.alert_id].add(membership.group.receiver.name)
    silences = active_silences(now)
    fingerprints = fingerprints_of({name for alert in alerts for name in alert.suppressed_by.get("inhibitors", ())})
    return {
        alert.pk: gettable(alert, receivers[alert.pk], silenced_by(silences, alert.labels, now), fingerprints)
        for alert in alerts
    }


def gettable(alert: Alert, receivers: Iterable[str], silenced: list[str], fingerprints: Mapping[str, str]) -> Json:
    """`gettableAlert` of the API. What was not put into a group yet is unprocessed."""
    inhibited = [fingerprints[name] for name in alert.suppressed_by.get("inhibitors", ()) if name in fingerprints]
    names = sorted(receivers)
    state = "suppressed" if silenced or inhibited else "active" if names else "unprocessed"
    found = {
        "annotations": alert.annotations,
        "endsAt": iso(alert.ends_at),
        "fingerprint": fingerprint(alert.labels),
        "receivers": [{"name": name} for name in names],
        "startsAt": iso(alert.starts_at),
        "status": {"inhibitedBy": inhibited, "silencedBy": silenced, "state": state},
        "updatedAt": iso(alert.updated_at),
        "labels": alert.labels,
    }
    return found | ({"generatorURL": alert.generator_url} if alert.generator_url else {})


def active_silences(now: datetime) -> list[SilenceView]:
    rows = Silence.objects.filter(starts_at__lte=now, ends_at__gte=now)
    return [SilenceView(str(one.uuid), parse_all(one.matchers), one.starts_at, one.ends_at) for one in rows]


def fingerprints_of(identities: set[str]) -> dict[str, str]:
    """Alertmanager's names of firing alerts by ours."""
    rows = Alert.objects.filter(is_firing=True, identity__in=identities).values_list("identity", "labels")
    return {name: fingerprint(labels) for name, labels in rows}
