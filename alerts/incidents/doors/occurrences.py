"""What senders with a key say: that a problem is there, is looked after, is over. A deduplication key stands for the labels it was
opened with, so that whoever acknowledges or resolves it need not repeat them."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from alerts.incidents.actions import incident_acknowledge
from alerts.incidents.choices import UNRESOLVED
from alerts.incidents.doors.mapping import Occurrence
from alerts.incidents.identity import identity
from alerts.incidents.intake import IncomingAlert, alerts_receive
from alerts.incidents.models import Incident, IntegrationKey, OpenAlert
from opsportal.measures import counter
from opsportal.sweeps import wake

ACKNOWLEDGED = "incidents_acknowledged"  # notified where an acknowledgement waits for its incident
UNKNOWN_FOR = timedelta(hours=1)
SENT = counter(
    "opsportal_alerts_sent_total", "What was sent with integration keys, by door and outcome.", ("door", "outcome")
)


@transaction.atomic
def take(key: IntegrationKey, sent: Occurrence, now: datetime) -> str:
    """Store it; in a word what was done: triggered, updated, acknowledged, resolved, unknown, or dropped (nothing of it was open)."""
    standing = _standing(key, _digest(sent.dedup))
    if standing is not None and standing.ends_at <= now:
        standing.delete()
        standing = None
    match sent.action:
        case "trigger":
            done = _trigger(key, sent, standing, now)
        case "acknowledge":
            done = _acknowledge(standing, now)
        case _:
            done = _resolve(key, standing, now)
    return done if sent.understood else "unknown"


def acknowledge_now(standing: OpenAlert, now: datetime) -> bool:
    """Acknowledge the incident that an alert is in; False while it is in none."""
    incident = (
        Incident.objects.filter(
            state__in=UNRESOLVED, members__left_at__isnull=True, members__alert__is_firing=True,
            members__alert__identity=identity(standing.labels),
        )
        .order_by("-pk")
        .first()
    )  # fmt: skip
    if incident is None:
        return False
    incident_acknowledge(incident=incident, by=None, now=now, via=standing.key.name)
    return True


def _trigger(key: IntegrationKey, sent: Occurrence, standing: OpenAlert | None, now: datetime) -> str:
    """An open one is sent again with its own labels. With another severity it is another alert: the former ends where that begins."""
    ends_at = now + (timedelta(seconds=key.ends_after_s) if sent.understood else UNKNOWN_FOR)
    alerts = []
    if standing is None:
        opened = {"labels": sent.labels, "opened_at": now, "ends_at": ends_at}
        standing, is_new = OpenAlert.objects.get_or_create(key=key, dedup=_digest(sent.dedup), defaults=opened)
    else:
        is_new = False
    if not is_new and standing.labels.get("severity") != sent.labels.get("severity"):
        alerts.append(_alert(standing, max(now, standing.opened_at)))
        standing.labels, standing.opened_at, standing.acknowledge_at = sent.labels, now, None
    standing.annotations, standing.generator_url, standing.ends_at = sent.annotations, sent.url, ends_at
    standing.save()
    _receive(key, [_alert(standing, ends_at), *alerts], now)
    return "triggered" if is_new else "updated"


def _acknowledge(standing: OpenAlert | None, now: datetime) -> str:
    if standing is None:
        return "dropped"
    if not acknowledge_now(standing, now):
        standing.acknowledge_at = now
        standing.save(update_fields=["acknowledge_at"])
        wake(ACKNOWLEDGED)
    return "acknowledged"


def _resolve(key: IntegrationKey, standing: OpenAlert | None, now: datetime) -> str:
    if standing is None:
        return "dropped"
    _receive(key, [_alert(standing, max(now, standing.opened_at))], now)
    standing.delete()
    return "resolved"


def _standing(key: IntegrationKey, dedup: str) -> OpenAlert | None:
    return OpenAlert.objects.select_for_update(of=("self",)).select_related("key").filter(key=key, dedup=dedup).first()


def _alert(standing: OpenAlert, ends_at: datetime) -> IncomingAlert:
    """It ends at a time that is given, not by the resolve timeout: such senders do not repeat what still is so."""
    return IncomingAlert(
        standing.labels, standing.annotations, ends_at=ends_at, generator_url=standing.generator_url,
        starts_at=standing.opened_at,
    )  # fmt: skip


def _receive(key: IntegrationKey, alerts: Iterable[IncomingAlert], now: datetime) -> None:
    alerts_receive(list(alerts), source=f"{key.kind}:{key.slug}", now=now)


def _digest(dedup: str) -> str:
    return hashlib.blake2b(dedup.encode(errors="surrogatepass"), digest_size=16).hexdigest()
