"""A virtual time for scenarios: what is due is done in order, as the sweeps would, and a sender that delivers or fails what waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.delivery.choices import MessageKind, State, Urgency
from alerts.delivery.messages import Message
from alerts.delivery.models import Channel, ContactMethod, Delivery
from alerts.oncall.escalations import escalation_end, escalation_hold, escalation_resume, escalation_start
from alerts.oncall.failing import deliveries_failed
from alerts.oncall.models import (
    Escalation,
    EscalationEntry,
    EscalationPolicy,
    Layer,
    LayerMember,
    PersonalRule,
    PolicyStep,
    QuietHours,
    Schedule,
    Team,
)
from alerts.oncall.paging import pages_do
from alerts.oncall.stepping import steps_do
from alerts.oncall.sweeping import next_page, next_step
from monitoring.events.models import Event
from security.access.models import User

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
SUBJECT = "incident:42"


def channel(name: str = "Mail", kind: str = "email", **fields: Any) -> Channel:
    slug = name.lower().replace(" ", "-")
    return Channel.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind, **fields})[0]


def contact(user: User, name: str = "Mail", **fields: Any) -> ContactMethod:
    """A usable way to a person, on the channel of the same name unless told otherwise."""
    values = {"verified_at": START, "address": f"{user.username}@{name.lower()}.example.org", **fields}
    values.setdefault("channel", channel(name))
    return ContactMethod.objects.create(user=user, name=name, **values)


def rule(method: ContactMethod, delay_s: int = 0, urgency: str = Urgency.HIGH) -> PersonalRule:
    return PersonalRule.objects.create(user=method.user, contact=method, delay_s=delay_s, urgency=urgency)


def quiet(user: User, start: str, end: str, time_zone: str = "UTC") -> QuietHours:
    hours = QuietHours(user=user, time_zone=time_zone, start=start, end=end)
    hours.save()
    hours.refresh_from_db()
    return hours


def team(name: str, *members: User) -> Team:
    made = Team.objects.create(name=name, slug=name.lower())
    made.members.set(members)
    return made


def schedule(name: str, *people: User) -> Schedule:
    """Always the first of them; nobody: always a gap."""
    made = Schedule.objects.create(name=name, slug=name.lower())
    if people:
        layer = Layer.objects.create(
            schedule=made, name="All", rotation="monthly", length=999, starts_at=START - timedelta(days=40)
        )
        for position, user in enumerate(people):
            LayerMember.objects.create(layer=layer, position=position, user=user)
    return made


def user_target(user: User) -> dict[str, Any]:
    return {"kind": "user", "slug": user.username, "id": user.pk, "name": user.username}


def target(kind: str, item: Any) -> dict[str, Any]:
    return {"kind": kind, "slug": item.slug, "id": item.pk, "name": item.name}


def step(*targets: dict[str, Any], wait_s: int = 300, **fields: Any) -> dict[str, Any]:
    return {"targets": list(targets), "wait_s": wait_s, **fields}


def policy(*steps: dict[str, Any], name: str = "Default", repeat: int = 0, **fields: Any) -> EscalationPolicy:
    made = EscalationPolicy.objects.create(name=name, slug=name.lower(), repeat=repeat, **fields)
    for position, one in enumerate(steps):
        PolicyStep.objects.create(policy=made, position=position, **one)
    return made


def message(kind: str = MessageKind.FIRING, title: str = "Shop is down") -> Message:
    return Message(kind=kind, title=title, subject=SUBJECT, thread="incident-42")


class World:
    """Time goes on by `run`; nothing else moves it."""

    def __init__(self) -> None:
        self.now = START

    def start(self, rules: EscalationPolicy, subject: str = SUBJECT, **fields: Any) -> Escalation:
        values = {"severity": "critical", "urgency": Urgency.HIGH, "fair_key": "shop", "message": message(), **fields}
        return escalation_start(subject=subject, policy=rules, now=self.now, **values)

    def run(self, seconds: float = 0) -> None:
        """Do all that is due until then, each at its time."""
        until = self.now + timedelta(seconds=seconds)
        for _ in range(1000):
            due = [at for at in (next_step(), next_page()) if at is not None]
            if not due or min(due) > until:
                break
            self.now = max(self.now, min(due))
            steps_do(self.now, 100)
            pages_do(self.now, 100)
        else:
            raise AssertionError("it never rests")
        self.now = until

    def send(self, state: str = State.DELIVERED) -> list[Delivery]:
        """What waits in the outbox is sent now, and ends so."""
        waiting = list(Delivery.objects.filter(state=State.PENDING, next_attempt_at__lte=self.now).order_by("id"))
        ids = [one.pk for one in waiting]
        Delivery.objects.filter(pk__in=ids).update(state=state, finished_at=self.now, attempts_made=1)
        return list(Delivery.objects.filter(pk__in=ids).order_by("id"))

    def fail(self) -> None:
        """What waits in the outbox is refused for good."""
        deliveries_failed(self.send(State.FAILED), self.now)

    def acknowledge(self) -> None:
        escalation_hold(subject=SUBJECT, now=self.now, reason="Acknowledged by ada.")

    def acknowledgement_ends(self) -> None:
        escalation_resume(subject=SUBJECT, now=self.now, reason="The acknowledgement timed out.")

    def resolve(self) -> int:
        return escalation_end(subject=SUBJECT, message=message("resolved", "Shop is up"), now=self.now)


def told(kind: str = MessageKind.FIRING) -> list[str]:
    """Who was told by what, in order: "ada by Mail", "Ops"; cancelled ones are left out."""
    rows = Delivery.objects.filter(kind=kind).exclude(state=State.CANCELLED).order_by("created_at", "id")
    return [one.target_name for one in rows]


def times() -> list[tuple[int, str]]:
    """(seconds after START, who) of everything that was said of firing."""
    rows = Delivery.objects.filter(kind=MessageKind.FIRING).order_by("created_at", "id")
    return [(round((one.created_at - START).total_seconds()), one.target_name) for one in rows]


def outcomes() -> list[str]:
    return list(EscalationEntry.objects.order_by("id").values_list("outcome", flat=True))


def warnings() -> list[str]:
    """Summaries of what was said loudly, the worst sort only."""
    events = Event.objects.filter(kind="alerts.escalation.nobody", severity="critical").order_by("id")
    return list(events.values_list("summary", flat=True))


def state() -> str:
    return Escalation.objects.latest("pk").state
