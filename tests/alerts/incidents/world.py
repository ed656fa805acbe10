"""A small world for scenarios: receivers, routes, alerts, and a clock that is turned by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.delivery.models import Channel, Delivery
from alerts.incidents.configuration import revise
from alerts.incidents.intake import IncomingAlert, alerts_receive
from alerts.incidents.models import Alert, Group, Incident, Receiver, ReceiverTarget, Route
from alerts.incidents.reducer.ticking import Reducer
from alerts.oncall.models import EscalationPolicy, PolicyStep

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


def policy_made(slug: str = "default", wait_s: int = 300) -> EscalationPolicy:
    policy = EscalationPolicy.objects.create(name=slug.title(), slug=slug)
    PolicyStep.objects.create(policy=policy, position=0, wait_s=wait_s, targets=[{"kind": "user", "slug": "ada"}])
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

    def changed(self) -> None:
        """What is decided beforehand was changed."""
        revise()


def told(channel: Channel) -> list[str]:
    """What a channel was told, in order: kind and names of alerts, such as "firing DiskFull"."""
    rows = Delivery.objects.filter(channel=channel).order_by("id")
    return [f"{row.kind} {'+'.join(_names(row.message))}" for row in rows]


def _names(message: dict[str, Any]) -> list[str]:
    return sorted(
        ("" if one["status"] == "firing" else "-") + one["labels"].get("instance", one["labels"].get("alertname", "?"))
        for one in message["alerts"]
    )


def only_incident() -> Incident:
    return Incident.objects.get()


def words(incident: Incident) -> list[str]:
    """The kinds of the lines of its timeline."""
    return list(incident.entries.values_list("kind", flat=True))


__all__ = [
    "START", "Alert", "Group", "World", "channel_made", "only_incident", "policy_made", "receiver_made", "root_made",
    "route_made", "told", "words",
]  # fmt: skip
