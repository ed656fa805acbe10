"""A small world for scenarios: receivers, routes, alerts, and a clock that is turned by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.delivery.models import Channel, ContactMethod, Delivery
from alerts.incidents.intake import IncomingAlert, alerts_receive
from alerts.incidents.models import Incident, Receiver, ReceiverTarget, Route
from alerts.incidents.reducer.ticking import Reducer
from alerts.oncall.models import EscalationPolicy, PersonalRule, PolicyStep
from alerts.oncall.sweeping import SWEEPS
from security.access.models import User

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday


def channel_made(name: str = "Hook") -> Channel:
    return Channel.objects.create(
        name=name, slug=name.lower(), kind="webhook", settings={"url": f"https://example.org/{name.lower()}"}
    )


def receiver_made(name: str, *channels: Channel, per_incident: bool = True, send_resolved: bool = True) -> Receiver:
    receiver = Receiver.objects.create(name=name, per_incident=per_incident)
    for channel in channels:
        ReceiverTarget.objects.create(receiver=receiver, channel=channel, send_resolved=send_resolved)
    return receiver


def root_made(receiver: Receiver, **options: Any) -> Route:
    defaults: dict[str, Any] = {
        "group_by": ["alertname"],
        "group_wait_s": 30,
        "group_interval_s": 300,
        "repeat_interval_s": 14_400,
    }
    return Route.objects.create(name="root", receiver=receiver, **defaults | options)


def route_made(parent: Route, *matchers: str, **options: Any) -> Route:
    return Route.objects.create(parent=parent, matchers=list(matchers), **options)


def contact_made(user: User, name: str = "Mail") -> ContactMethod:
    """A usable way to somebody, and their rules to be told by it at once."""
    channel = Channel.objects.get_or_create(slug=name.lower(), defaults={"name": name, "kind": "email"})[0]
    contact = ContactMethod.objects.create(
        user=user, channel=channel, name=name, address=f"{user.username}@example.org", verified_at=START
    )
    for urgency in ("high", "normal"):
        PersonalRule.objects.create(user=user, contact=contact, urgency=urgency)
    return contact


def policy_made(user: User, slug: str = "default") -> EscalationPolicy:
    """One step that tells one person."""
    policy = EscalationPolicy.objects.create(name=slug.title(), slug=slug, repeat=0)
    target = {"kind": "user", "slug": user.username, "id": user.pk, "name": user.username}
    PolicyStep.objects.create(policy=policy, position=0, wait_s=300, targets=[target])
    return policy


def paging_root(user: User, **options: Any) -> EscalationPolicy:
    """A root route whose receiver pages somebody."""
    contact_made(user)
    receiver, policy = Receiver.objects.create(name="On call"), policy_made(user)
    ReceiverTarget.objects.create(receiver=receiver, policy=policy)
    root_made(receiver, **options)
    return policy


@dataclass
class World:
    """`now` is the time; `send`, `later` and `tick` move it."""

    now: datetime = START
    reducer: Reducer = field(default_factory=Reducer)

    def send(self, *alerts: IncomingAlert, source: str = "test") -> None:
        """Alerts come in now, and the reducer looks."""
        alerts_receive(alerts, source=source, now=self.now)
        self.tick()

    def fire(
        self, name: str = "DiskFull", *, starts_at: datetime | None = None, hours: float = 24, **labels: str
    ) -> None:
        ends_at = self.now + timedelta(hours=hours)
        self.send(IncomingAlert({"alertname": name, **labels}, starts_at=starts_at or self.now, ends_at=ends_at))

    def resolve(self, name: str = "DiskFull", **labels: str) -> None:
        self.send(IncomingAlert({"alertname": name, **labels}, ends_at=self.now))

    def tick(self) -> datetime | None:
        for _ in range(10):
            due = self.reducer.tick(self.now)
            if due is None or due > self.now:
                return due
        raise AssertionError(f"the reducer does not come to rest: {due}")

    def later(self, seconds: float, step_s: float = 15) -> None:
        """Time passes, with a look at least every `step_s`."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(self.now + timedelta(seconds=step_s), end)
            self.tick()

    def later_paging(self, seconds: float, step_s: float = 15) -> None:
        """`later`, with everything that escalations do."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(self.now + timedelta(seconds=step_s), end)
            self.tick()
            self.page()

    def page(self) -> None:
        """Escalations do what is due."""
        for sweep in SWEEPS:
            sweep.run(self.now)

    def restart(self) -> None:
        """Another process takes over."""
        self.reducer = Reducer()


def told(channel: Channel) -> list[str]:
    """What a channel was told, in order: kind and names of alerts, such as "firing DiskFull"."""
    rows = Delivery.objects.filter(channel=channel).order_by("id")
    return [f"{row.kind} {'+'.join(_names(row.message))}" for row in rows]


def _names(message: dict[str, Any]) -> list[str]:
    return sorted(
        ("" if one["status"] == "firing" else "-") + one["labels"].get("instance", one["labels"].get("alertname", "?"))
        for one in message["alerts"]
    )


def pages(user: User) -> list[str]:
    """What somebody was told, in order: kind and title."""
    rows = Delivery.objects.filter(user=user).order_by("id")
    return [f"{row.kind} {row.message['title']}" for row in rows]


def only_incident() -> Incident:
    return Incident.objects.get()


def words(incident: Incident) -> list[str]:
    """The kinds of the lines of its timeline."""
    return list(incident.entries.values_list("kind", flat=True))
