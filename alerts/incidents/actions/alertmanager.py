"""Take over an Alertmanager configuration: channels, receivers, time intervals, inhibition and the routing tree, all or nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery.actions import channel_save
from alerts.delivery.models import Channel
from alerts.incidents.actions.routes import (
    inhibition_save,
    interval_save,
    receiver_save,
    route_delete,
    route_save,
    settings_save,
)
from alerts.incidents.alertmanager_config import Config, ReceiverData
from alerts.incidents.matching import parse_all, written
from alerts.incidents.models import InhibitionRule, Receiver, Route, TimeInterval
from opsportal.writing import Person, by_field

ANYTHING = 'alertname=~".*"'  # a side of a rule that Alertmanager leaves empty matches everything


@dataclass(slots=True)
class Import:
    """What was made or changed, in words, and what was not: channels that their kind refuses."""

    made: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@transaction.atomic
def alertmanager_import(*, config: Config, replace: bool = False, dry_run: bool = False, by: Person = None) -> Import:
    """Store a configuration; what has the same name is changed. Doing it twice makes nothing twice.

    Its tree takes the place of the one there is, which must be asked for with `replace` if that has more than a root; otherwise
    ValidationError. Its receivers are told of each group, as Alertmanager tells them. `dry_run`: nothing is kept.
    """
    done = Import()
    root = _cleared(replace=replace, by=by)
    for name, intervals in config.intervals.items():
        interval_save(name=name, intervals=intervals, interval=TimeInterval.objects.filter(name=name).first(), by=by)
        done.made.append(f"time interval {name}")
    receivers = [_receiver(one, done, by) for one in config.receivers]
    _inhibitions(config, done, by)
    _routes(config, receivers, root, by)
    done.made.append(f"{len(config.routes)} routes")
    settings_save(by=by, resolve_timeout_s=max(round(config.resolve_timeout_s), 1))
    if dry_run:
        transaction.set_rollback(True)
    return done


def _cleared(*, replace: bool, by: Person) -> Route | None:
    """The root that there is, with nothing below it."""
    below = Route.objects.filter(parent__isnull=False, parent__parent__isnull=True)
    if below.exists() and not replace:
        raise ValidationError("There are routes already. With --replace the file's tree takes their place.")
    for route in below:
        route_delete(route=route, by=by)
    return Route.objects.filter(parent__isnull=True).first()


def _receiver(data: ReceiverData, done: Import, by: Person) -> Receiver:
    targets = list(_targets(data, done, by))
    done.made.append(f"receiver {data.name}, {len(targets)} channels")
    standing = Receiver.objects.filter(name=data.name).first()
    return receiver_save(name=data.name, receiver=standing, per_incident=False, targets=targets, by=by)


def _targets(data: ReceiverData, done: Import, by: Person) -> Iterator[Mapping[str, object]]:
    """A channel for each integration; its name is the receiver's, with a number from the second on."""
    for number, one in enumerate(data.channels, 1):
        name = data.name if number == 1 else f"{data.name} {number}"
        standing = Channel.objects.filter(name=name).first()
        try:
            with transaction.atomic():
                channel = channel_save(kind=one.kind, name=name, settings=one.settings, channel=standing, by=by)
        except ValidationError as error:
            words = "; ".join(f"{field}: {' '.join(said)}" for field, said in by_field(error).items())
            done.refused.append(f"channel {name} ({one.kind}): {words}")
            continue
        yield {"channel": channel.slug, "send_resolved": one.send_resolved}


def _inhibitions(config: Config, done: Import, by: Person) -> None:
    for one in config.inhibitions:
        source, target = one.source or (ANYTHING,), one.target or (ANYTHING,)
        name = f"{written(parse_all(source))} > {written(parse_all(target))} by {', '.join(one.equal)}"[:120]
        rule = InhibitionRule.objects.filter(name=name).first()
        inhibition_save(name=name, source_matchers=source, target_matchers=target, equal=one.equal, rule=rule, by=by)
        done.made.append(f"inhibition {name}")


def _routes(config: Config, receivers: list[Receiver], root: Route | None, by: Person) -> None:
    times = {one.name: one for one in TimeInterval.objects.all()}
    made: dict[int, Route] = {}
    for row in config.routes:
        made[row.id] = route_save(
            route=root if row.parent_id is None else None,
            parent=made.get(row.parent_id or 0),
            mute_times=[times[name] for name in row.mute_times],
            active_times=[times[name] for name in row.active_times],
            by=by,
            position=row.position,
            matchers=list(row.matchers),
            receiver=None if row.receiver_id is None else receivers[row.receiver_id - 1],
            group_by=None if row.group_by is None else list(row.group_by),
            group_wait_s=row.group_wait_s,
            group_interval_s=row.group_interval_s,
            repeat_interval_s=row.repeat_interval_s,
            goes_on=row.goes_on,
        )
