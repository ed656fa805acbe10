"""The first picture of each live topic of the pages. What follows is pushed by the rooms that write."""

from typing import Any

from django.contrib.auth.models import AbstractUser

from monitoring.checks.choices import Status
from monitoring.checks.live_payloads import check_payload, service_payload
from monitoring.checks.models import CheckState, Service, ServiceState
from monitoring.events.models import Event
from monitoring.events.payloads import event_payload
from opsportal import live
from opsportal.live.apart import Picture, apart

FEED_LIMIT = 50


def register() -> None:
    live.topics.register("services", permission="checks.view_service", snapshot=services)
    live.topics.register("service:", permission="checks.view_service", snapshot=service)
    live.topics.register("feed", permission="checks.view_service", snapshot=feed)


@apart
def services(user: AbstractUser, topic: str) -> Picture:
    """Every service that is not plainly up, so that an estate of thousands costs a page little. One that is absent is up."""
    states = ServiceState.objects.exclude(status=Status.UP).select_related("service", "affected_by")
    return {str(state.pk): _service(state) for state in states}


def _service(state: ServiceState) -> dict[str, Any]:
    return service_payload(
        state.service.pk,
        state.service.slug,
        state.service.name,
        state.status,
        state.since,
        state.reason,
        state.affected_by.slug if state.affected_by else None,
    )


@apart
def service(user: AbstractUser, topic: str) -> Picture:
    """Every check of the service `service:<id>`."""
    service_id = topic.partition(":")[2]
    if not service_id.isdecimal() or not Service.objects.filter(pk=int(service_id)).exists():
        raise live.topics.UnknownTopic(topic)
    states = CheckState.objects.filter(check_ref__service_id=int(service_id)).select_related("check_ref")
    return {str(state.pk): _check(state) for state in states}


def _check(state: CheckState) -> dict[str, Any]:
    return check_payload(
        check_id=state.pk,
        slug=state.check_ref.slug,
        name=state.check_ref.name,
        status=state.status,
        hard=state.hard,
        flapping=state.flapping,
        since=state.since,
        checked_at=state.last_checked_at,
        verdict=state.last_verdict,
        cause=state.last_cause,
        summary=state.last_summary,
        values=state.last_values,
        duration_s=state.last_duration_s,
    )


@apart
def feed(user: AbstractUser, topic: str) -> Picture:
    """The newest events."""
    return {
        str(event.pk): event_payload(event, event.pk) for event in Event.objects.order_by("-time", "-id")[:FEED_LIMIT]
    }
