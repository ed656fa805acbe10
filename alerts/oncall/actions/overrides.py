"""Writes of overrides, and swaps of shifts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.oncall.actions.common import schedule_changed, subject_of
from alerts.oncall.layer_rules import EARLIEST, LATEST
from alerts.oncall.models import Override, Schedule
from alerts.oncall.queries import final_schedule
from alerts.oncall.rotation import Span
from alerts.oncall.timeline import by_person
from monitoring.events.announcing import announce
from opsportal.writing import Person, assign, validate
from security.access.models import User

LONGEST = timedelta(days=366)


@transaction.atomic
def override_save(
    *,
    schedule: Schedule,
    user: User | None,
    starts_at: datetime,
    ends_at: datetime,
    replaces: User | None = None,
    reason: str = "",
    uid: str = "",
    override: Override | None = None,
    by: Person = None,
) -> Override:
    """Put `user` (None: nobody) on call instead of `replaces` (None: everybody) for a while, or edit `override`."""
    stored = (
        Override.objects.select_for_update().get(pk=override.pk)
        if override
        else Override(created_by_id=by.pk if by else None)
    )
    values = {
        "schedule_id": schedule.pk,
        "user_id": user and user.pk,
        "replaces_id": replaces and replaces.pk,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "reason": reason.strip(),
        "uid": uid or stored.uid,
    }
    changed = assign(stored, values)
    validate(stored, _faults(user, replaces, starts_at, ends_at))
    if not changed:
        return stored
    stored.save()
    schedule_changed(schedule)
    if override is not None and override.schedule_id != schedule.pk:  # it stood in another schedule
        schedule_changed(override.schedule)
    announce(
        kind="alerts.override.created" if override is None else "alerts.override.saved",
        subject=subject_of(schedule),
        summary=_words(stored),
        by=by,
        payload={"override": stored.pk},
    )
    return stored


def _faults(user: User | None, replaces: User | None, starts_at: datetime, ends_at: datetime) -> ValidationError | None:
    errors = {}
    if user is not None and not user.is_active:
        errors["user"] = f"{user} may not log in any more; choose somebody else."
    if user is not None and replaces is not None and user.pk == replaces.pk:
        errors["replaces"] = "A person cannot replace themselves."
    if not EARLIEST <= starts_at < LATEST:
        errors["starts_at"] = f"Give a time from {EARLIEST:%Y} to {LATEST:%Y}."
    if ends_at <= starts_at:
        errors["ends_at"] = "The end must come after the start."
    if ends_at - starts_at > LONGEST:
        errors["ends_at"] = f"An override lasts at most {LONGEST.days} days; change the layers for longer."
    return ValidationError(errors) if errors else None


def _words(override: Override) -> str:
    who = override.user.get_username() if override.user else "nobody"
    whom = override.replaces.get_username() if override.replaces else "whoever it would be"
    span = (
        f"{override.starts_at.astimezone(UTC):%Y-%m-%d %H:%M} to {override.ends_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )
    return f"{who} is on call in {override.schedule} instead of {whom} from {span}, set"


@transaction.atomic
def override_delete(*, override: Override, by: Person = None) -> None:
    """Take an override back."""
    announce(
        kind="alerts.override.deleted",
        subject=subject_of(override.schedule),
        summary=f"The override “{_words(override).removesuffix(', set')}” was taken back",
        by=by,
    )
    schedule = override.schedule
    override.delete()
    schedule_changed(schedule)


@transaction.atomic
def shifts_swap(
    *, schedule: Schedule, one: User, ones: Span, other: User, others: Span, reason: str = "", by: Person = None
) -> list[Override]:
    """Let `other` take what `one` has within the span `ones`, and `one` what `other` has within `others`: two overrides.

    Where the spans overlap, as shifts do on the night the clock is set back, nothing changes.
    """
    errors = {}
    if one.pk == other.pk:
        errors["other"] = "A swap needs two people."
    for field, person, span in (("ones", one, ones), ("others", other, others)):
        if span.start >= span.end:
            errors[field] = "The end must come after the start."
        elif person.pk not in by_person(final_schedule(schedule, *span)):
            errors[field] = f"{person.get_username()} is not on call then; look up the shift in the calendar."
    mine, theirs = without(ones, others), without(others, ones)
    if not errors and (len(mine) != 1 or len(theirs) != 1):
        errors["others"] = "One span lies within the other; choose two shifts that follow one another."
    if errors:
        raise ValidationError(errors)
    words = reason.strip() or f"Swap of {one.get_username()} and {other.get_username()}"
    pairs = ((one, other, mine[0]), (other, one, theirs[0]))
    return [
        override_save(
            schedule=schedule, user=comes, replaces=leaves, starts_at=span.start, ends_at=span.end, reason=words, by=by
        )
        for leaves, comes, span in pairs
    ]


def without(span: Span, other: Span) -> Sequence[Span]:
    """What is left of a span beside another."""
    parts = (Span(span.start, min(span.end, other.start)), Span(max(span.start, other.end), span.end))
    return [part for part in parts if part.start < part.end]
