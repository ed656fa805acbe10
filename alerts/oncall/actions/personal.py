"""Writes of how a person is told: their rules and quiet hours."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery.choices import Urgency
from alerts.delivery.models import ContactMethod
from alerts.oncall.models import PersonalRule, QuietHours
from monitoring.events.announcing import announce
from opsportal.writing import Person, assign, by_field, validate
from security.access.models import User

MOST_RULES = 20
LONGEST_DELAY_S = 86_400


@transaction.atomic
def personal_rules_save(
    *, user: User, urgency: str, rules: Sequence[Mapping[str, Any]], by: Person = None
) -> list[PersonalRule]:
    """Set all rules of a person for one urgency; the stored ones, in order. None: every usable contact is told at once.

    A rule is {"contact": id of a contact method of theirs, "delay_s"}. Errors name the place: `rules.1.contact`.
    """
    if urgency not in Urgency.values:
        raise ValidationError({"urgency": f"Give one of {', '.join(Urgency.values)}."})
    wanted = _wanted(user, rules)
    existing = {(rule.contact_id, rule.delay_s): rule for rule in user.personal_rules.filter(urgency=urgency)}
    gone = [rule.pk for place, rule in existing.items() if place not in wanted]
    new = [place for place in wanted if place not in existing]
    PersonalRule.objects.filter(pk__in=gone).delete()
    PersonalRule.objects.bulk_create(
        PersonalRule(user=user, urgency=urgency, contact_id=contact, delay_s=delay) for contact, delay in new
    )
    if gone or new:
        announce(
            kind="alerts.personal_rules.saved",
            subject=f"user:{user.username}",
            summary=f"The rules by which {user.username} is told of what is {Urgency(urgency).label.lower()} were changed",
            by=by,
            payload={"urgency": urgency, "rules": len(wanted)},
        )
    return list(user.personal_rules.filter(urgency=urgency))


@transaction.atomic
def personal_rule_put(
    *,
    user: User,
    urgency: str,
    contact: ContactMethod,
    delay_s: int,
    rule: PersonalRule | None = None,
    by: Person = None,
) -> PersonalRule:
    """Add one rule to those of a person, or put it in the place of `rule`. Errors name `contact` or `delay_s`."""
    if rule is not None and (rule.user_id, rule.urgency) != (user.pk, urgency):
        personal_rule_delete(rule=rule, by=by)
        rule = None
    others = user.personal_rules.filter(urgency=urgency).exclude(pk=rule.pk if rule else 0)
    rules = [{"contact": one.contact_id, "delay_s": one.delay_s} for one in others]
    wanted = {"contact": contact.pk, "delay_s": delay_s}
    try:
        personal_rules_save(user=user, urgency=urgency, rules=[*rules, wanted], by=by)
    except ValidationError as error:
        raise ValidationError({place.rpartition(".")[2]: words for place, words in by_field(error).items()}) from None
    return user.personal_rules.get(urgency=urgency, contact=contact, delay_s=delay_s)


def personal_rule_delete(*, rule: PersonalRule, by: Person = None) -> None:
    """Take one rule out of those of its person."""
    others = rule.user.personal_rules.filter(urgency=rule.urgency).exclude(pk=rule.pk)
    rules = [{"contact": one.contact_id, "delay_s": one.delay_s} for one in others]
    personal_rules_save(user=rule.user, urgency=rule.urgency, rules=rules, by=by)


def _wanted(user: User, rules: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """(contact, delay) of each. Raises ValidationError with every place that is wrong."""
    if len(rules) > MOST_RULES:
        raise ValidationError({"rules": f"Give at most {MOST_RULES} rules."})
    own = set(ContactMethod.objects.filter(user=user).values_list("pk", flat=True))
    errors: dict[str, str] = {}
    places: list[tuple[int, int]] = []
    for number, rule in enumerate(rules):
        contact, delay_s = rule.get("contact"), rule.get("delay_s", 0)
        if contact not in own:
            errors[f"rules.{number}.contact"] = (
                f"{user.username} has no such contact method; give the id of one of theirs."
            )
        if not isinstance(delay_s, int) or isinstance(delay_s, bool) or not 0 <= delay_s <= LONGEST_DELAY_S:
            errors[f"rules.{number}.delay_s"] = f"Give whole seconds from 0 to {LONGEST_DELAY_S} (a day)."
        elif (contact, delay_s) in places:
            errors[f"rules.{number}.delay_s"] = "The same contact after the same time stands above already."
        places.append((contact, delay_s))  # type: ignore[arg-type] # refused below if it is not a number
    if errors:
        raise ValidationError(errors)
    return places


@transaction.atomic
def quiet_hours_save(*, user: User, start: time, end: time, time_zone: str, by: Person = None) -> QuietHours:
    """Set when a person is told only what is urgent. `start` and `end` are times of a day in `time_zone`."""
    stored = QuietHours.objects.select_for_update().filter(user=user).first() or QuietHours(user=user)
    is_new = stored._state.adding
    changed = assign(stored, {"start": start, "end": end, "time_zone": time_zone})
    same = ValidationError(
        {"end": "The end is the start: that would be quiet for ever. Delete the quiet hours to have none."}
    )
    validate(stored, same if start == end else None)
    if is_new or changed:
        stored.save()
        span = f"{start:%H:%M} to {end:%H:%M} {time_zone}"
        _announce_quiet("saved", user, f"Quiet hours of {user.username} were set to {span}", by)
    return stored


@transaction.atomic
def quiet_hours_delete(*, user: User, by: Person = None) -> None:
    """Have none. Nothing changes when there are none."""
    if QuietHours.objects.filter(user=user).delete()[0]:
        _announce_quiet("deleted", user, f"Quiet hours of {user.username} were deleted", by)


def _announce_quiet(verb: str, user: User, summary: str, by: Person) -> None:
    announce(kind=f"alerts.quiet_hours.{verb}", subject=f"user:{user.username}", summary=summary, by=by)
