"""Our thinking about alerts, driven through a case in virtual time, with nothing stored: what would be told, when, to whom.

With `contract` False it does as Alertmanager does: no resolve is owed, and the resolve of what does not fire is taken in.
"""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.incidents import episodes, grouping, intervals, routing
from alerts.incidents.identity import identity, telling_order
from alerts.incidents.inhibition import Inhibitor, Rule
from alerts.incidents.matching import parse_all
from alerts.incidents.silencing import SilenceView, silenced_by
from benchmarks.compat_alertmanager.cases import Case, Json, Notification, Told

START = datetime(2026, 1, 1, tzinfo=UTC)
BEAT_S = 10.0


@dataclass(slots=True)
class Alert:
    labels: dict[str, str]
    episode: episodes.Episode


@dataclass(slots=True)
class Group:
    node: routing.Node
    labels: dict[str, str]
    planned: datetime
    flushed_at: datetime | None = None
    members: dict[str, Alert] = field(default_factory=dict)

    def is_gone(self, now: datetime) -> bool:
        """It has been empty for so long that it was thrown away."""
        lingers = timedelta(seconds=grouping.LINGER_S)
        return not self.members and self.flushed_at is not None and now >= self.flushed_at + lingers


class World:
    """Alerts, groups, silences and what was told, at a time that only `play` moves."""

    def __init__(self, case: Case, *, contract: bool, start: datetime = START, beat_s: float = BEAT_S) -> None:
        self.case, self.contract, self.start, self.beat_s = case, contract, start, beat_s
        self.names = list(case.receivers)
        self.root = routing.tree(rows_of(case, self.names, beat_s))
        self.rules = rules_of(case)
        self.intervals = {name: intervals.parse(one) for name, one in case.time_intervals.items()}
        self.alerts: dict[str, Alert] = {}
        self.groups: dict[str, Group] = {}
        self.silences: dict[str, SilenceView] = {}
        self.told: dict[tuple[str, str, int], grouping.ToldState] = {}
        self.sent: list[Notification] = []

    def play(self) -> list[Notification]:
        for step in [*self.case.steps, {"at": self.case.until}]:
            self.flush_until(self.time(step["at"]))
            self.step(step)
        return self.sent

    def unkept(self) -> list[str]:
        """Promises broken: what a webhook was told is firing, had resolved at the last look of its group, and was not told is resolved."""
        return [
            f"{receiver}/{webhook} was not told of the end of {self.alerts[key].labels}"
            for (place, receiver, webhook), told in self.told.items()
            for key in told.owed
            if self.alerts[key].episode.resolved_at(self.groups[place].flushed_at or self.start)
        ]

    def time(self, beats: float) -> datetime:
        return self.start + timedelta(seconds=beats * self.beat_s)

    def beats(self, at: datetime) -> float:
        return round((at - self.start).total_seconds() / self.beat_s, 4)

    def step(self, step: Json) -> None:
        now = self.time(step["at"])
        for one in step.get("alerts", ()):
            self.post(one, now)
        if silence := step.get("silence"):
            starts = max(self.time(silence["starts"]), now)
            matchers = parse_all(silence["matchers"])
            self.silences[silence["name"]] = SilenceView(silence["name"], matchers, starts, self.time(silence["ends"]))
        if name := step.get("expire"):
            old = self.silences[name]
            self.silences[name] = SilenceView(
                name, old.matchers, min(old.starts_at, now), now - timedelta(microseconds=1)
            )

    def post(self, sent: Json, now: datetime) -> None:
        labels = {name: value for name, value in sent["labels"].items() if value}
        key = identity(labels)
        episode = self.episode(self.alerts.get(key), sent, now)
        if episode is None:
            return
        alert = self.alerts[key] = Alert(labels, episode)
        for node in routing.route(self.root, labels):
            self.join(node, key, alert, now)

    def episode(self, old: Alert | None, sent: Json, now: datetime) -> episodes.Episode | None:
        starts, ends = (None if sent[name] is None else self.time(sent[name]) for name in ("starts", "ends"))
        timeout_s = self.case.resolve_timeout * self.beat_s
        if self.contract:
            return episodes.received(old.episode if old else None, starts, ends, now, timeout_s)
        new = episodes.posted(starts, ends, now, timeout_s)
        return episodes.merged(old.episode, new, now) if old else new

    def join(self, node: routing.Node, key: str, alert: Alert, now: datetime) -> None:
        labels = routing.group_labels(node, alert.labels)
        group = self.groups.get(routing.told_key(node, labels))
        if group is None or group.is_gone(now):
            planned = grouping.first_flush_at(now, alert.episode.starts_at, node.group_wait_s)
            group = self.groups[routing.told_key(node, labels)] = Group(node, labels, planned)
        else:
            group.planned = grouping.joined_flush_at(
                group.planned,
                group.flushed_at,
                now,
                alert.episode.starts_at,
                node.group_wait_s,
                node.group_interval_s,
                was_empty=not group.members,
            )
        group.members[key] = alert
        if group.planned <= now:
            self.flush(group, now)

    def flush_until(self, end: datetime) -> None:
        """Every look that is due before `end`, in order of time."""
        while due := [group for group in self.groups.values() if group.members and group.planned < end]:
            group = min(due, key=lambda one: one.planned)
            self.flush(group, group.planned)

    def flush(self, group: Group, now: datetime) -> None:
        members = sorted(group.members.items(), key=lambda one: telling_order(one[1].labels))
        firing = ((key, one.labels) for key, one in self.alerts.items() if not one.episode.resolved_at(now))
        inhibitor = Inhibitor(self.rules, firing)
        seen = [self.member(key, alert, inhibitor, now) for key, alert in members]
        name = self.names[group.node.receiver_id - 1]
        for webhook, send_resolved in enumerate(self.case.receivers[name]):
            self.tell(group, seen, (name, webhook, send_resolved), now)
        for key in grouping.leaving(seen):
            del group.members[key]
        group.flushed_at = now
        group.planned = grouping.next_flush_at(now, now, group.node.group_interval_s)

    def member(self, key: str, alert: Alert, inhibitor: Inhibitor, now: datetime) -> grouping.Member:
        quiet = bool(inhibitor.inhibited_by(alert.labels) or silenced_by(self.silences.values(), alert.labels, now))
        return grouping.Member(key, not alert.episode.resolved_at(now), quiet)

    def tell(self, group: Group, seen: list[grouping.Member], to: tuple[str, int, bool], now: datetime) -> None:
        receiver, webhook, send_resolved = to
        place = (routing.told_key(group.node, group.labels), receiver, webhook)
        node = group.node
        decision = grouping.decide(
            self.told.get(place),
            seen,
            send_resolved=send_resolved,
            repeat_interval_s=node.repeat_interval_s,
            muted=bool(intervals.muted(node.mute_times, node.active_times, self.intervals, now)),
            now=now,
            contract=self.contract,
        )
        if decision.told is not None:
            self.told[place] = decision.told
        if decision.reason:
            self.sent.append(self.notification(group, decision, receiver, webhook, now))

    def notification(
        self, group: Group, decision: grouping.Decision, receiver: str, webhook: int, now: datetime
    ) -> Notification:
        wanted = {*decision.firing, *decision.resolved}
        keys = sorted(wanted, key=lambda key: telling_order(group.members[key].labels))
        return Notification(
            at=self.beats(now),
            receiver=receiver,
            webhook=webhook,
            group_key=routing.group_key(group.node, group.labels),
            group_labels=tuple(sorted(group.labels.items())),
            status="firing" if decision.firing else "resolved",
            alerts=tuple(self.told_of(group.members[key], key in decision.firing) for key in keys),
        )

    def told_of(self, alert: Alert, firing: bool) -> Told:
        ends = None if firing else self.beats(alert.episode.ends_at)
        return Told(firing, tuple(sorted(alert.labels.items())), self.beats(alert.episode.starts_at), ends)


def rows_of(case: Case, names: list[str], beat_s: float) -> list[routing.RouteData]:
    """The tree as rows; receivers numbered from 1 in the order of `names`."""
    rows: list[routing.RouteData] = []
    numbers = itertools.count(1)

    def add(route: Json, parent_id: int | None, position: int) -> None:
        number = next(numbers)
        rows.append(_row(route, number, parent_id, position, names, beat_s))
        for place, child in enumerate(route.get("routes", ())):
            add(child, number, place)

    add(case.route, None, 0)
    return rows


def _row(
    route: Json, number: int, parent_id: int | None, position: int, names: list[str], beat_s: float
) -> routing.RouteData:
    def seconds(name: str) -> float | None:
        return route[name] * beat_s if name in route else None

    group_by: Any = route.get("group_by")
    return routing.RouteData(
        id=number,
        parent_id=parent_id,
        position=position,
        matchers=tuple(route.get("matchers", ())),
        receiver_id=names.index(route["receiver"]) + 1 if "receiver" in route else None,
        group_by=None if group_by is None else tuple(group_by),
        group_wait_s=seconds("group_wait"),
        group_interval_s=seconds("group_interval"),
        repeat_interval_s=seconds("repeat_interval"),
        goes_on=route.get("continue", False),
        mute_times=tuple(route.get("mute_time_intervals", ())),
        active_times=tuple(route.get("active_time_intervals", ())),
    )


def rules_of(case: Case) -> list[Rule]:
    return [
        Rule(place, "", parse_all(one["source_matchers"]), parse_all(one["target_matchers"]), tuple(one["equal"]))
        for place, one in enumerate(case.inhibit_rules)
    ]
