"""Writes of what decides over alerts: the tree, receivers, inhibition, time intervals, recurring maintenance, settings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Model, ProtectedError

from alerts.delivery.models import Channel
from alerts.incidents import intervals as time_intervals
from alerts.incidents import recurrence as recurring
from alerts.incidents import routing
from alerts.incidents.actions.common import configured
from alerts.incidents.configuration import routes_read, settings_stored
from alerts.incidents.matching import parse_list
from alerts.incidents.models import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    ReceiverTarget,
    RecurringMaintenance,
    Route,
    TimeInterval,
)
from alerts.oncall.models import EscalationPolicy
from opsportal.writing import Person, assign, validate

Stored = TypeVar("Stored", bound=Model)
TREE_LOCK = 0x6F70_7334  # "ops4": two edits at once must not close a circle together
ROUTE_OPTIONS = (
    "position", "name", "matchers", "receiver", "group_by", "group_wait_s", "group_interval_s", "repeat_interval_s", "goes_on",
)  # fmt: skip
SETTINGS = (
    "resolve_timeout_s", "reopen_window_s", "silence_reminder_s", "prompt_ends", "correlate", "correlation_window_s",
    "together_window_s", "telling_labels",
)  # fmt: skip


@transaction.atomic
def route_save(
    *,
    route: Route | None = None,
    parent: Route | None = None,
    mute_times: Iterable[TimeInterval] | None = None,
    active_times: Iterable[TimeInterval] | None = None,
    by: Person = None,
    **options: Any,
) -> Route:
    """Make a route below `parent` (None: the root), or change `route`; what is not given stays. ValidationError where it makes no
    tree."""
    _lock_tree()
    stored = Route.objects.get(pk=route.pk) if route else Route()
    if "matchers" in options:
        options["matchers"] = matchers_of(options["matchers"], "matchers")
    if options.get("group_by") is not None:
        options["group_by"] = _labels(options["group_by"], "group_by")
    changed = assign(stored, {**_known(options, ROUTE_OPTIONS), "parent_id": parent.pk if parent else stored.parent_id})
    validate(stored)
    stored.save()
    for name, times in (("mute_times", mute_times), ("active_times", active_times)):
        if times is not None and set(times) != set(getattr(stored, name).all()):
            getattr(stored, name).set(times)
            changed.append(name)
    _check_tree()
    return _saved(stored, "route", route is None, changed, by)


@transaction.atomic
def route_delete(*, route: Route, by: Person = None) -> None:
    """Delete a route and all below it. What fires is routed anew; what its receivers were told as firing they are told the end of."""
    if route.parent_id is None:
        raise ValidationError("The root takes what no other route takes: it stays. Delete the routes below it.")
    _delete(route, "route", by)


@transaction.atomic
def receiver_save(
    *,
    name: str,
    receiver: Receiver | None = None,
    per_incident: bool | None = None,
    targets: Sequence[Mapping[str, Any]] | None = None,
    by: Person = None,
) -> Receiver:
    """Make a receiver, or change `receiver`. `targets`: each {"channel": slug} or {"policy": slug}, with "send_resolved"; None: as
    they are.

    A target that stays keeps what is known of what it was told.
    """
    stored = Receiver.objects.select_for_update().get(pk=receiver.pk) if receiver else Receiver()
    values = {"name": name} | ({} if per_incident is None else {"per_incident": per_incident})
    changed = assign(stored, values)
    validate(stored)
    stored.save()
    if targets is not None and _targets_set(stored, targets):
        changed.append("targets")
    return _saved(stored, "receiver", receiver is None, changed, by)


@transaction.atomic
def receiver_delete(*, receiver: Receiver, by: Person = None) -> None:
    used = [str(route) for route in Route.objects.filter(receiver=receiver)]
    if used:
        raise ValidationError(f"Routes use it: {', '.join(used[:5])}. Give them another receiver first.")
    _delete(receiver, "receiver", by)


@transaction.atomic
def inhibition_save(
    *,
    name: str,
    source_matchers: Iterable[str],
    target_matchers: Iterable[str],
    equal: Iterable[str] = (),
    enabled: bool = True,
    rule: InhibitionRule | None = None,
    by: Person = None,
) -> InhibitionRule:
    """Make a rule of inhibition, or change `rule`."""
    stored = InhibitionRule.objects.select_for_update().get(pk=rule.pk) if rule else InhibitionRule()
    values = {
        "name": name,
        "source_matchers": matchers_of(source_matchers, "source_matchers"),
        "target_matchers": matchers_of(target_matchers, "target_matchers"),
        "equal": _labels(equal, "equal"),
        "enabled": enabled,
    }
    for field in ("source_matchers", "target_matchers"):
        if not values[field]:
            raise ValidationError({field: 'Give at least one, such as severity="critical".'})
    changed = assign(stored, values)
    validate(stored)
    stored.save()
    return _saved(stored, "inhibition", rule is None, changed, by)


@transaction.atomic
def inhibition_delete(*, rule: InhibitionRule, by: Person = None) -> None:
    _delete(rule, "inhibition", by)


@transaction.atomic
def interval_save(
    *, name: str, intervals: Any, interval: TimeInterval | None = None, by: Person = None
) -> TimeInterval:
    """Make a named set of times, or change `interval`; `intervals` in the form of Alertmanager's YAML."""
    try:
        time_intervals.parse(intervals)
    except ValueError as error:
        raise ValidationError({"intervals": str(error)}) from None
    stored = TimeInterval.objects.select_for_update().get(pk=interval.pk) if interval else TimeInterval()
    changed = assign(stored, {"name": name, "intervals": intervals})
    validate(stored)
    stored.save()
    return _saved(stored, "interval", interval is None, changed, by)


@transaction.atomic
def interval_delete(*, interval: TimeInterval, by: Person = None) -> None:
    used = Route.objects.filter(mute_times=interval) | Route.objects.filter(active_times=interval)
    if names := [str(route) for route in used.distinct()]:
        raise ValidationError(f"Routes use it: {', '.join(names[:5])}. Take it out there first.")
    _delete(interval, "interval", by)


@transaction.atomic
def maintenance_save(
    *,
    name: str,
    matchers: Iterable[str],
    recurrence: str,
    first_at: datetime,
    duration_s: int,
    time_zone: str = "UTC",
    enabled: bool = True,
    plan: RecurringMaintenance | None = None,
    by: Person = None,
) -> RecurringMaintenance:
    """Make a recurring maintenance, or change `plan`. What a window of it keeps quiet now is looked at again."""
    try:
        recurring.parse(recurrence, first_at, time_zone)
        recurring.duration_check(duration_s)
    except ValueError as error:
        field, _, words = str(error).partition(": ")
        known = field in ("recurrence", "time_zone", "duration_s")
        raise ValidationError({field: words} if known else {"recurrence": str(error)}) from None
    stored = RecurringMaintenance.objects.select_for_update().get(pk=plan.pk) if plan else RecurringMaintenance()
    wanted = matchers_of(matchers, "matchers")
    if not wanted:
        raise ValidationError({"matchers": 'Give at least one, such as service="shop".'})
    values = {
        "name": name, "matchers": wanted, "recurrence": recurrence, "first_at": first_at, "duration_s": duration_s,
        "time_zone": time_zone, "enabled": enabled,
    }  # fmt: skip
    changed = assign(stored, values)
    validate(stored)
    stored.save()
    if plan is not None and changed:
        _look_again(stored)
    return _saved(stored, "maintenance", plan is None, changed, by)


@transaction.atomic
def maintenance_delete(*, plan: RecurringMaintenance, by: Person = None) -> None:
    _look_again(plan)
    _delete(plan, "maintenance", by)


@transaction.atomic
def settings_save(*, by: Person = None, **values: Any) -> IncidentSettings:
    """Change how incidents are made; what is not given stays."""
    stored = settings_stored()
    if "telling_labels" in values:
        values["telling_labels"] = _labels(values["telling_labels"], "telling_labels")
    changed = assign(stored, _known(values, SETTINGS))
    validate(stored)
    if changed:
        stored.save(update_fields=changed)
        configured(
            thing="settings", verb="saved", subject="incidents", summary="Settings of incidents were changed", by=by,
            changed=changed,
        )  # fmt: skip
    return IncidentSettings.objects.get(pk=1)


def matchers_of(texts: Iterable[str], field: str) -> list[str]:
    """Each matcher by itself, as it is always written. Raises ValidationError on `field`."""
    try:
        return [str(matcher) for text in texts for matcher in parse_list(str(text))]
    except ValueError as error:
        raise ValidationError({field: str(error)}) from None


def _known(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    if unknown := sorted(set(values) - set(names)):
        raise TypeError(f"{unknown[0]!r} is not one of {', '.join(names)}")
    return dict(values)


def _labels(names: Any, field: str) -> list[str]:
    if not isinstance(names, list | tuple) or not all(isinstance(one, str) and one for one in names):
        raise ValidationError({field: 'Give a list of label names, such as ["alertname", "service"].'})
    if len(names) > 50 or any(len(one) > 200 for one in names):
        raise ValidationError({field: "At most 50 names of at most 200 characters."})
    if field == "group_by" and "..." in names and len(names) > 1:
        raise ValidationError({field: '"..." stands for all labels: give it alone.'})
    return list(dict.fromkeys(names))


def _targets_set(receiver: Receiver, targets: Sequence[Mapping[str, Any]]) -> bool:
    """Whether they changed. Raises ValidationError on `targets.0.channel`."""
    standing = {(one.channel_id, one.policy_id): one for one in receiver.targets.all()}
    wanted: dict[tuple[int | None, int | None], bool] = {}
    for place, target in enumerate(targets):
        key = (_one(Channel, target, "channel", place), _one(EscalationPolicy, target, "policy", place))
        if (key[0] is None) == (key[1] is None):
            raise ValidationError({f"targets.{place}": "Choose a channel or a policy, one of them."})
        wanted[key] = bool(target.get("send_resolved", True))
    gone = [one.pk for key, one in standing.items() if key not in wanted]
    ReceiverTarget.objects.filter(pk__in=gone).delete()
    changed = bool(gone)
    for key, send_resolved in wanted.items():
        if key not in standing:
            ReceiverTarget.objects.create(
                receiver=receiver, channel_id=key[0], policy_id=key[1], send_resolved=send_resolved
            )
            changed = True
        elif standing[key].send_resolved != send_resolved:
            ReceiverTarget.objects.filter(pk=standing[key].pk).update(send_resolved=send_resolved)
            changed = True
    return changed


def _one(model: Any, target: Mapping[str, Any], name: str, place: int) -> int | None:
    slug = target.get(name)
    if not slug:
        return None
    found = model.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if found is None:
        raise ValidationError({f"targets.{place}.{name}": f"There is no {name} {slug!r}."})
    return int(found)


def _lock_tree() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])


def _check_tree() -> None:
    try:
        routing.tree(routes_read())
    except ValueError as error:
        raise ValidationError(str(error)) from None


def _look_again(plan: RecurringMaintenance) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_alert SET suppressed_until = starts_at "
            "WHERE is_firing AND suppressed_until IS NOT NULL AND suppressed_by -> 'maintenance' ? %s",
            [f"plan:{plan.pk}"],
        )


def _saved(stored: Stored, thing: str, new: bool, changed: list[str], by: Person) -> Stored:
    if new or changed:
        configured(
            thing=thing, verb="created" if new else "saved", subject=f"{thing}:{stored.pk}",
            summary=f"{str(stored._meta.verbose_name).capitalize()} {stored} was {'added' if new else 'changed'}", by=by,
            changed=changed,
        )  # fmt: skip
    return stored


def _delete(stored: Model, thing: str, by: Person) -> None:
    summary = f"{str(stored._meta.verbose_name).capitalize()} {stored} was deleted"
    configured(thing=thing, verb="deleted", subject=f"{thing}:{stored.pk}", summary=summary, by=by, changed=[])
    try:
        stored.delete()
    except ProtectedError:
        raise ValidationError("It is in use: take it out where it is used first.") from None
