"""Whom targets stand for, and how those people are told: read for a whole batch of escalations in a few statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from alerts.delivery.models import Channel, ContactMethod
from alerts.oncall.choices import TargetKind
from alerts.oncall.escalation import TargetPlan
from alerts.oncall.models import PersonalRule, QuietHours, Schedule, Team
from alerts.oncall.personal import Contact, Rule
from alerts.oncall.reading import plans
from alerts.oncall.timeline import final
from alerts.oncall.windows import Window

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Group:
    """People that a target stands for. `words` say how they are in it, such as "on call in Primary"."""

    words: str
    user_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A channel that is told itself. `fault`: why it cannot be; empty: it can."""

    id: int
    name: str
    fault: str = ""


@dataclass(slots=True)
class Directory:
    """What is known at `now`. `load` reads what is missing, `people` and `channel` answer from it."""

    now: datetime
    names: dict[int, str] = field(default_factory=dict)  # of active people
    contacts: dict[int, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[tuple[int, str], list[Rule]] = field(default_factory=lambda: defaultdict(list))
    quiet: dict[int, Window] = field(default_factory=dict)
    targets: dict[TargetPlan, Group | Outlet] = field(default_factory=dict)
    _people_known: set[int] = field(default_factory=set)

    def load(self, wanted: Iterable[TargetPlan]) -> None:
        by_kind: dict[str, list[TargetPlan]] = defaultdict(list)
        for target in set(wanted) - self.targets.keys():
            by_kind[target.kind].append(target)
        self._load_users(by_kind[TargetKind.USER])
        self._load_teams(by_kind[TargetKind.TEAM])
        self._load_schedules(by_kind[TargetKind.SCHEDULE])
        self._load_channels(by_kind[TargetKind.CHANNEL])
        self.load_people(pk for group in self.targets.values() if isinstance(group, Group) for pk in group.user_ids)

    def load_people(self, user_ids: Iterable[int]) -> None:
        """Names, contacts, rules and quiet hours: four statements."""
        new = set(user_ids) - self._people_known
        if not new:
            return
        self._people_known |= new
        people = get_user_model().objects.filter(pk__in=new, is_active=True)
        self.names.update(people.values_list("pk", "username"))
        for method in ContactMethod.objects.filter(user__in=new).select_related("channel").order_by("id"):
            self.contacts[method.user_id].append(contact_of(method))
        for rule in PersonalRule.objects.filter(user__in=new).order_by("delay_s", "id"):
            self.rules[rule.user_id, rule.urgency].append(Rule(rule.contact_id, rule.delay_s))
        for quiet in QuietHours.objects.filter(user__in=new):
            self.quiet[quiet.user_id] = quiet_window(quiet)

    def _load_users(self, targets: Sequence[TargetPlan]) -> None:
        found = _by_id_or_slug(get_user_model().objects.values_list("pk", "username"), targets, "username")
        for target in targets:
            pk = found.get(target)
            self.targets[target] = Group("named", () if pk is None else (pk,))

    def _load_teams(self, targets: Sequence[TargetPlan]) -> None:
        found = _by_id_or_slug(Team.objects.values_list("pk", "slug"), targets, "slug")
        through = Team.members.through.objects.filter(team__in=found.values()).order_by("user_id")
        members: dict[int, list[int]] = defaultdict(list)
        for team_id, user_id in through.values_list("team_id", "user_id"):
            members[team_id].append(user_id)
        for target in targets:
            self.targets[target] = Group(f"in team {target.name}", tuple(members.get(found.get(target, 0), ())))

    def _load_schedules(self, targets: Sequence[TargetPlan]) -> None:
        found = _by_id_or_slug(Schedule.objects.values_list("pk", "slug"), targets, "slug")
        schedules = Schedule.objects.filter(pk__in=found.values()) if found else []
        read = plans(schedules, self.now, self.now + INSTANT) if found else {}
        on_call = {pk: final(plan, self.now, self.now + INSTANT) for pk, plan in read.items()}
        for target in targets:
            stretches = on_call.get(found.get(target, 0))
            people = tuple(stretches[0].people) if stretches else ()
            self.targets[target] = Group(f"on call in {target.name}", people)

    def _load_channels(self, targets: Sequence[TargetPlan]) -> None:
        found = _by_id_or_slug(Channel.objects.values_list("pk", "slug"), targets, "slug")
        channels = Channel.objects.in_bulk(found.values()) if found else {}
        for target in targets:
            channel = channels.get(found.get(target, 0))
            if channel is None:
                self.targets[target] = Outlet(0, target.name, "there is no such channel")
            else:
                fault = "" if channel.enabled else "it is switched off"
                self.targets[target] = Outlet(channel.pk, channel.name, fault)


def _by_id_or_slug(rows: QuerySet[Any, Any], targets: Sequence[TargetPlan], slug_field: str) -> dict[TargetPlan, int]:
    """Ids of those that are there; somebody renamed is found by id, something deleted and made again by its slug."""
    if not targets:
        return {}
    ids = [target.id for target in targets if target.id is not None]
    known = list(rows.filter(Q(pk__in=ids) | Q(**{f"{slug_field}__in": [target.slug for target in targets]})))
    by_id, by_slug = {pk: pk for pk, _ in known}, {slug: pk for pk, slug in known}
    found = {target: by_id.get(target.id or 0) or by_slug.get(target.slug) for target in targets}
    return {target: pk for target, pk in found.items() if pk is not None}


def contact_of(method: ContactMethod) -> Contact:
    """`method` with its channel."""
    return Contact(
        id=method.pk,
        user_id=method.user_id,
        channel_id=method.channel_id,
        name=method.name,
        address=method.address,
        fault=contact_fault(method),
    )


def contact_fault(method: ContactMethod) -> str:
    """Why nothing can be sent to a contact, in words; empty: it can."""
    if not method.enabled:
        return "is switched off"
    if method.verified_at is None:
        return "is not verified"
    if method.stopped_at is not None:
        return "was stopped by an answer STOP"
    return "" if method.channel.enabled else f"goes by {method.channel}, which is switched off"


def quiet_window(quiet: QuietHours) -> Window:
    return Window(ZoneInfo(quiet.time_zone), quiet.start, quiet.end)
