"""Silences: for a while, what matches is not told."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from alerts.incidents.actions.common import configured, text_of, when
from alerts.incidents.matching import Matcher, matches_all, matches_empty, parse_all, parse_list
from alerts.incidents.messages import alert_title
from alerts.incidents.models import Alert, Silence
from alerts.incidents.silencing import state
from opsportal.writing import Person, validate

MOST_MATCHERS = 50
LONGEST = timedelta(days=366)
FIRING = """
SELECT id, labels::text FROM incidents_alert WHERE is_firing AND labels @> %s::jsonb AND labels ?& %s ORDER BY starts_at DESC, id DESC
"""
# The alerts that a silence keeps quiet are looked at again, once it is in force no longer.
LET_GO = """
UPDATE incidents_alert SET suppressed_until = %s
WHERE is_firing AND suppressed_until IS NOT NULL AND suppressed_by -> 'silences' ? %s
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a silence would keep quiet of what fires now: how many alerts, the first of them in words, and services."""

    count: int
    titles: list[str]
    services: list[str]
    ids: list[int]


@transaction.atomic
def silence_save(
    *,
    matchers: Iterable[str],
    starts_at: datetime | None,
    ends_at: datetime,
    comment: str,
    by: Person,
    now: datetime,
    silence: Silence | None = None,
    created_by: str = "",
) -> Silence:
    """Make a silence, or change `silence`; the stored one.

    As in Alertmanager: a change of the matchers, or of the start of what is in force already, ends the old one and makes another with a new
    id; what is over is made anew. `created_by`: for whoever has no account here (amtool); otherwise the name of `by`.
    """
    wanted = _matchers(matchers)
    comment = text_of(comment, "comment")
    stored = Silence.objects.select_for_update().get(pk=silence.pk) if silence else None
    starts_at = _start(starts_at, stored, now)
    _check_times(starts_at, ends_at, now)
    if stored is not None and not _may_stay(stored, wanted, starts_at, now):
        if state(stored.starts_at, stored.ends_at, now) != "expired":
            _expire(stored, now)
        stored = None
    new = stored is None
    made = stored or Silence(uuid=uuid.uuid4(), created_at=now, user_id=by.pk if by else None)
    before = _told_of(made)
    made.matchers, made.starts_at, made.ends_at = wanted, starts_at, ends_at
    made.comment, made.updated_at = comment, now
    made.created_by = (made.created_by or created_by or (by.get_username() if by else ""))[:150]
    changed = [name for name, value in _told_of(made).items() if before[name] != value]
    if not made.created_by:
        raise ValidationError({"created_by": "Say who makes it."})
    if not changed:
        return made
    validate(made, exclude=["user"])
    if "ends_at" in changed:
        made.reminded_at = None
        _let_go(made, ends_at)
    made.save()
    if new and starts_at <= now:
        _look_now(wanted, now)
    words = f"Silence of {', '.join(wanted)} until {when(ends_at)} was {'made' if new else 'changed'}: {comment[:100]}"
    verb = "created" if new else "saved"
    configured(thing="silence", verb=verb, subject=f"silence:{made.uuid}", summary=words, by=by, changed=changed)
    return made


@transaction.atomic
def silence_expire(*, silence: Silence, by: Person, now: datetime) -> bool:
    """End a silence now, or cancel one to come; whether it was not over already. What still fires is told."""
    stored = Silence.objects.select_for_update().get(pk=silence.pk)
    if state(stored.starts_at, stored.ends_at, now) == "expired" or stored.ends_at == now:
        return False
    _expire(stored, now)
    words = f"Silence of {', '.join(stored.matchers)} was ended"
    configured(
        thing="silence", verb="expired", subject=f"silence:{stored.uuid}", summary=words, by=by, changed=["ends_at"]
    )
    return True


def silence_preview(matchers: Iterable[str]) -> Preview:
    """What a silence with these matchers would cover now. Raises ValidationError on `matchers`."""
    parsed = tuple(matcher for text in _matchers(matchers) for matcher in parse_list(text))
    ids = alerts_matching(parsed)
    found = Alert.objects.filter(pk__in=ids)
    services = found.exclude(service="").order_by("service").values_list("service", flat=True).distinct()
    return Preview(
        count=len(ids),
        titles=[alert_title(one) for one in found.order_by("-starts_at", "-id")[:20]],
        services=list(services[:50]),
        ids=ids[:500],
    )


def alerts_matching(matchers: Sequence[Matcher]) -> list[int]:
    """The ids of the firing alerts that match all of them, the latest first. What must equal something is asked of the index."""
    equal = {one.name: one.value for one in matchers if one.op == "=" and one.value}
    there = [one.name for one in matchers if not one.test("")]
    with connection.cursor() as cursor:
        cursor.execute(FIRING, [orjson.dumps(equal).decode(), there])
        found = []
        while rows := cursor.fetchmany(5000):
            found += [pk for pk, labels in rows if matches_all(matchers, orjson.loads(labels))]
    return found


def _matchers(texts: Iterable[str]) -> list[str]:
    """Each matcher by itself, as it is always written. Raises ValidationError on `matchers`."""
    try:
        parsed = [matcher for text in texts for matcher in parse_list(str(text))]
    except ValueError as error:
        raise ValidationError({"matchers": str(error)}) from None
    if not parsed:
        raise ValidationError({"matchers": 'Give at least one, such as service="shop".'})
    if len(parsed) > MOST_MATCHERS:
        raise ValidationError({"matchers": f"{len(parsed)} matchers; at most {MOST_MATCHERS}."})
    if matches_empty(parsed):
        raise ValidationError(
            {"matchers": "At least one must want a value: all of these match where the label is missing."}
        )
    return [str(one) for one in parsed]


def _start(starts_at: datetime | None, stored: Silence | None, now: datetime) -> datetime:
    """Now at the earliest, but what is in force keeps its own start."""
    if stored is not None and starts_at in (None, stored.starts_at) and stored.ends_at >= now:
        return stored.starts_at
    return max(starts_at or now, now) if starts_at is None or timezone.is_aware(starts_at) else starts_at


def _check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if timezone.is_naive(starts_at) or timezone.is_naive(ends_at):
        raise ValidationError({"ends_at": "Write times with their zone, such as 2026-03-02T09:00:00Z."})
    if ends_at <= now:
        raise ValidationError({"ends_at": "The end is over: write a time to come."})
    if ends_at <= starts_at:
        raise ValidationError({"ends_at": "The end must come after the start."})
    if ends_at - starts_at > LONGEST:
        raise ValidationError({"ends_at": "A silence lasts 366 days at most; for longer, change the routes."})


def _may_stay(stored: Silence, matchers: list[str], starts_at: datetime, now: datetime) -> bool:
    standing = state(stored.starts_at, stored.ends_at, now)
    if standing == "expired" or stored.matchers != matchers:
        return False
    return standing == "pending" or starts_at == stored.starts_at


def _expire(stored: Silence, now: datetime) -> None:
    """Its end is now; of one to come its start too."""
    stored.starts_at, stored.ends_at, stored.updated_at = min(stored.starts_at, now), now, now
    stored.save(update_fields=["starts_at", "ends_at", "updated_at"])
    _let_go(stored, now)


def _let_go(stored: Silence, ends_at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LET_GO, [ends_at + timedelta(microseconds=1), str(stored.uuid)])


def _look_now(matchers: list[str], now: datetime) -> None:
    """What fires and is covered is looked at now: whoever is being paged of it need not be any more."""
    covered = alerts_matching(parse_all(matchers))
    Alert.objects.filter(pk__in=covered, is_firing=True).update(suppressed_until=now)


def _told_of(silence: Silence) -> dict[str, Any]:
    return {name: getattr(silence, name) for name in ("matchers", "starts_at", "ends_at", "comment")}
