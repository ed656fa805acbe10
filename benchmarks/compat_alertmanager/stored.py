"""A case on the portal itself: rows in the inbox, the reducer asked again and again in virtual time, and what it put into the outbox.

Incidents are kept out of it (no correlation, receivers told of each group), as they are no matter of Alertmanager's. Django is imported
late: whoever plays has set it up.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from alerts.incidents.identity import telling_order
from alerts.incidents.matching import parse_all
from benchmarks.compat_alertmanager.cases import Case, Json, Notification, Told
from benchmarks.compat_alertmanager.ours import BEAT_S, START, rows_of

_TABLES = (
    "incidents_inbox",
    "incidents_alert",
    "incidents_group",
    "incidents_told",
    "incidents_incident",
    "delivery_delivery",
)
_MOST_LOOKS = 200


class Portal:
    """The portal with the configuration of a case; whatever it had before is gone."""

    def __init__(self, case: Case, *, start: datetime = START, beat_s: float = BEAT_S) -> None:
        from alerts.incidents.reducer.ticking import Reducer

        self.case, self.start, self.beat_s = case, start, beat_s
        self.places: dict[int, tuple[str, int]] = {}  # a channel's id: receiver and number of the webhook
        self.silences: dict[str, Any] = {}
        self.reducer = Reducer()
        _empty()
        self._configure()

    def play(self) -> list[Notification]:
        now = self.start
        for step in [*self.case.steps, {"at": self.case.until}]:
            end = self.time(step["at"])
            self._look_until(now, end)
            self._step(step, end)
            now = end
            self.reducer.tick(now)
        return self._sent()

    def time(self, beats: float) -> datetime:
        return self.start + timedelta(seconds=beats * self.beat_s)

    def beats(self, at: datetime) -> float:
        return round((at - self.start).total_seconds() / self.beat_s, 4)

    def _look_until(self, now: datetime, end: datetime) -> None:
        """Ask the reducer whenever it wants to be asked before `end`."""
        for _ in range(_MOST_LOOKS):
            due = self.reducer.tick(now)
            if due is None or due >= end:
                return
            now = max(due, now)
        raise RuntimeError(f"case {self.case.seed}: the reducer wants to be asked again and again at {now}")

    def _step(self, step: Json, now: datetime) -> None:
        from alerts.incidents.intake import IncomingAlert, alerts_receive

        if "alerts" in step:
            alerts = [
                IncomingAlert(one["labels"], starts_at=self._time(one["starts"]), ends_at=self._time(one["ends"]))
                for one in step["alerts"]
            ]
            alerts_receive(alerts, source="compat", now=now)
        if "silence" in step:
            self._silence(step["silence"], now)
        if "expire" in step:
            self._expire(step["expire"], now)

    def _time(self, beats: float | None) -> datetime | None:
        return None if beats is None else self.time(beats)

    def _silence(self, silence: Json, now: datetime) -> None:
        from alerts.incidents.configuration import revise
        from alerts.incidents.models import Silence

        self.silences[silence["name"]] = Silence.objects.create(
            uuid=uuid.uuid4(),
            matchers=[str(one) for one in parse_all(silence["matchers"])],
            starts_at=max(self.time(silence["starts"]), now),
            ends_at=self.time(silence["ends"]),
            created_by="compat",
            comment="compat",
            created_at=now,
            updated_at=now,
        )
        revise()

    def _expire(self, name: str, now: datetime) -> None:
        from alerts.incidents.actions.silences import silence_expire

        silence_expire(silence=self.silences[name], by=None, now=now)

    def _configure(self) -> None:
        from alerts.incidents.configuration import revise
        from alerts.incidents.models import IncidentSettings, InhibitionRule, TimeInterval

        IncidentSettings.objects.update_or_create(
            pk=1,
            defaults={
                "resolve_timeout_s": round(self.case.resolve_timeout * self.beat_s),
                "prompt_ends": False,
                "correlate": False,
            },
        )
        for name, rows in self.case.time_intervals.items():
            TimeInterval.objects.create(name=name, intervals=rows)
        for number, rule in enumerate(self.case.inhibit_rules):
            InhibitionRule.objects.create(name=f"rule {number}", **_sides(rule), equal=rule["equal"])
        self._routes()
        revise()

    def _routes(self) -> None:
        from alerts.incidents.models import Receiver, Route, TimeInterval

        receivers = [Receiver.objects.create(name=name, per_incident=False) for name in self.case.receivers]
        for receiver in receivers:
            self._targets(receiver)
        made: dict[int, Any] = {}
        for row in rows_of(self.case, list(self.case.receivers), self.beat_s):
            route = made[row.id] = Route.objects.create(
                parent=made.get(row.parent_id or 0),
                position=row.position,
                matchers=[str(one) for one in parse_all(row.matchers)],
                receiver=receivers[row.receiver_id - 1] if row.receiver_id else None,
                group_by=None if row.group_by is None else list(row.group_by),
                group_wait_s=row.group_wait_s,
                group_interval_s=row.group_interval_s,
                repeat_interval_s=row.repeat_interval_s,
                goes_on=row.goes_on,
            )
            route.mute_times.set(TimeInterval.objects.filter(name__in=row.mute_times))
            route.active_times.set(TimeInterval.objects.filter(name__in=row.active_times))

    def _targets(self, receiver: Any) -> None:
        from alerts.delivery.models import Channel
        from alerts.incidents.models import ReceiverTarget

        for number, send_resolved in enumerate(self.case.receivers[receiver.name]):
            slug = f"{receiver.pk}-{number}"
            channel = Channel.objects.create(
                name=slug, slug=slug, kind="webhook", settings={"url": "http://127.0.0.1:1/", "body": "alertmanager"}
            )
            ReceiverTarget.objects.create(receiver=receiver, channel=channel, send_resolved=send_resolved)
            self.places[channel.pk] = (receiver.name, number)

    def _sent(self) -> list[Notification]:
        from alerts.delivery.models import Delivery

        rows = Delivery.objects.order_by("created_at", "pk").values_list("channel_id", "created_at", "message")
        return [self._notification(*row) for row in rows]

    def _notification(self, channel: int, at: datetime, message: Json) -> Notification:
        receiver, webhook = self.places[channel]
        alerts = [self._told(one) for one in sorted(message["alerts"], key=lambda one: telling_order(one["labels"]))]
        return Notification(
            at=self.beats(at),
            receiver=receiver,
            webhook=webhook,
            group_key=message["group_key"],
            group_labels=tuple(sorted(message["group_labels"].items())),
            status="firing" if any(one.firing for one in alerts) else "resolved",
            alerts=tuple(alerts),
        )

    def _told(self, alert: Json) -> Told:
        firing = alert["status"] == "firing"
        ends = None if firing else self.beats(datetime.fromisoformat(alert["ends_at"]))
        labels = tuple(sorted(alert["labels"].items()))
        return Told(firing, labels, self.beats(datetime.fromisoformat(alert["starts_at"])), ends)


def _sides(rule: Json) -> Json:
    names = ("source_matchers", "target_matchers")
    return {name: [str(one) for one in parse_all(rule[name])] for name in names}


def _empty() -> None:
    from django.db import connection

    from alerts.delivery.models import Channel
    from alerts.incidents.models import InhibitionRule, Receiver, Route, Silence, TimeInterval

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
    while Route.objects.exists():
        Route.objects.filter(children__isnull=True).delete()
    for model in (Receiver, Silence, InhibitionRule, TimeInterval, Channel):
        model.objects.all().delete()
