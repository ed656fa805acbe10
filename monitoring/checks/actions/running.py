"""When checks run: now, not before a time, again."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from monitoring.checks.actions.common import announce, subject_of
from monitoring.checks.models import Check, CheckSchedule
from monitoring.checks.wakeup import wake_engines
from opsportal.writing import Person

UNTIL_RESUMED = datetime(3000, 1, 1, tzinfo=UTC)
"""`Check.paused_until` of a check that stays paused until somebody resumes it."""


def next_run(check: Check, now: datetime) -> datetime | None:
    """When a check whose configuration was just changed runs next; None: not to be run."""
    if not check.enabled or check.paused_until == UNTIL_RESUMED:
        return None
    return max(check.paused_until, now) if check.paused_until else now


def reschedule(checks: Iterable[Check]) -> None:
    """Make checks due after an edit. A run under way keeps its lease: nothing runs twice at once."""
    now = timezone.now()
    for check in checks:
        due = next_run(check, now)
        CheckSchedule.objects.update_or_create(check_ref=check, defaults={"next_check_at": due})


@transaction.atomic
def checks_run_now(*, checks: Iterable[Check], by: Person = None) -> int:
    """Make checks due now; how many. Disabled and paused ones are left out."""
    now = timezone.now()
    runnable = Check.objects.filter(pk__in=[check.pk for check in checks]).runnable(now)
    count = CheckSchedule.objects.filter(check_ref__in=runnable).update(next_check_at=now)
    wake_engines()
    return count


@transaction.atomic
def checks_pause(*, checks: Iterable[Check], until: datetime | None, by: Person = None) -> int:
    """Run these checks not before `until`; None: not until they are resumed. How many were changed."""
    words = f"until {until:%Y-%m-%d %H:%M %Z}" if until else "until it is resumed"
    return _set_paused(checks, until or UNTIL_RESUMED, "config.check.paused", f"was paused {words}", by)


@transaction.atomic
def checks_resume(*, checks: Iterable[Check], by: Person = None) -> int:
    """End a pause; the checks are due at once. How many were changed."""
    return _set_paused(checks, None, "config.check.resumed", "was resumed", by)


def _set_paused(checks: Iterable[Check], until: datetime | None, kind: str, words: str, by: Person) -> int:
    ids = [check.pk for check in checks]
    stored = Check.objects.select_for_update(of=("self",)).select_related("service").filter(pk__in=ids).order_by("pk")
    changed = [check for check in stored if check.paused_until != until]
    for check in changed:
        check.paused_until = until
        check.revision += 1
        check.save(update_fields=["paused_until", "revision", "updated_at"])
        announce(kind=kind, subject=subject_of(check), summary=f"Check {check} {words}", by=by)
    reschedule(changed)
    return len(changed)
