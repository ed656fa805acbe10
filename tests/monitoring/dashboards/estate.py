"""Services for the tests of the pages, made through the models: what the pages read is what is under test."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from monitoring.checks.choices import Status
from monitoring.checks.models import Check, CheckSchedule, CheckState, Service, ServiceState


def service(name: str, status: Status = Status.UP, *, since: datetime | None = None, **fields: Any) -> Service:
    made: Service = Service.objects.create(name=name, slug=slugify(name), **fields)
    ServiceState.objects.create(
        service=made,
        status=status,
        rank=status.rank,
        since=since or timezone.now(),
        reason="" if status == "up" else "No answer",
    )
    return made


def check(of: Service, name: str, status: Status = Status.UP, *, kind: str = "http", **state: Any) -> Check:
    made: Check = Check.objects.create(service=of, name=name, slug=slugify(name), kind=kind)
    CheckSchedule.objects.create(check_ref=made, next_check_at=timezone.now())
    CheckState.objects.create(
        check_ref=made, status=status, since=timezone.now(), last_checked_at=timezone.now(), **state
    )
    return made
