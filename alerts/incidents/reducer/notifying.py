"""Tell a group's receiver: what a target is told, why, and what it knows then. Rows are gathered, and written with the batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection

from alerts.delivery.bulk import Wanted
from alerts.delivery.choices import MessageKind
from alerts.delivery.messages import Message
from alerts.incidents import paging
from alerts.incidents.choices import IncidentState
from alerts.incidents.closing import message_text
from alerts.incidents.configuration import Configuration, ReceiverView, TargetView
from alerts.incidents.grouping import Decision, Member, ToldState, decide
from alerts.incidents.identity import telling_order
from alerts.incidents.members import MemberRow
from alerts.incidents.messages import group_message, incident_message
from alerts.incidents.models import Incident
from alerts.incidents.record import Record
from alerts.incidents.reducer.cases import Case
from alerts.incidents.routing import Node
from alerts.incidents.telling import incident_telling
from alerts.incidents.told_rows import Key, ToldRow
from alerts.incidents.worst import worst_of
from alerts.oncall.models import EscalationPolicy


@dataclass(slots=True)
class Look:
    """A due group at the time it was planned to be looked at. `members`: one an identity. `node` None: its route is gone; then the receiver
    is the one it had."""

    id: int
    key: str
    group_key: str
    labels: dict[str, str]
    planned_at: datetime
    node: Node | None
    receiver: ReceiverView | None
    receiver_id: int
    members: Sequence[MemberRow]
    muted: str = ""
    incident_id: int | None = None
    case: Case | None = None  # its open incident
    incident: Incident | None = None  # or the one it was in

    def loud(self) -> list[MemberRow]:
        """What fires, belongs here and is not kept quiet."""
        return [one for one in self.members if one.fired_at(self.planned_at) and not self.is_quiet(one)]

    def is_quiet(self, one: MemberRow) -> bool:
        return bool(one.suppressed_by) or one.stale or self.node is None


@dataclass(frozen=True, slots=True)
class ChannelView:
    id: int
    name: str
    enabled: bool


def channels_read(configuration: Configuration) -> dict[int, ChannelView]:
    """Those of all targets, as they are now."""
    wanted = [one.channel_id for one in configuration.targets.values() if one.channel_id is not None]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, enabled FROM delivery_channel WHERE id = ANY(%s)", [wanted])
        return {row[0]: ChannelView(*row) for row in cursor.fetchall()}


@dataclass(slots=True)
class Notifier:
    """Tells the targets of one batch. `told`: what they knew, then what they know."""

    configuration: Configuration
    record: Record
    told: dict[Key, ToldRow]
    written: dict[Key, ToldRow] = field(default_factory=dict)
    channels: dict[int, ChannelView] = field(default_factory=dict)
    policies: dict[int, EscalationPolicy] = field(default_factory=dict)
    pages: dict[int, list[tuple[Incident, Message]]] = field(default_factory=dict)  # by policy

    def tell(self, look: Look) -> None:
        """Everybody whom the group has, and whoever it had and owes an end."""
        receiver = look.receiver
        own = receiver.targets if receiver and look.node else ()
        for target in own:
            if target.policy_id is not None or (receiver and receiver.per_incident):
                self._tell_incident(look, target)
            else:
                self._tell_group(look, target, is_own=True)
        by_group = () if receiver is None or receiver.per_incident else own
        for target in self._owed(look.key, by_group):
            self._tell_group(look, target, is_own=False)

    def _owed(self, key: str, own: Iterable[TargetView]) -> list[TargetView]:
        """Targets that are not the group's any more and were told that something fires."""
        ids = {target for (group, target), row in self.told.items() if group == key and row.state.owed}
        ids -= {one.id for one in own}
        return [self.configuration.targets[one] for one in sorted(ids) if one in self.configuration.targets]

    def _tell_group(self, look: Look, target: TargetView, *, is_own: bool) -> None:
        """As Alertmanager does, and the end of whatever was told as firing."""
        channel = self._channel(target)
        row = self.told.get((look.key, target.id))
        decision = self._decide(look, target, row, is_own)
        if decision.told is None or channel is None:
            return
        sequence = (row.sequence if row else 0) + bool(decision.reason)
        self.written[look.key, target.id] = ToldRow(decision.told, sequence)
        if not decision.firing and not decision.resolved:
            return
        message = self._group_message(look, target, decision)
        self._deliver(
            look, target, channel, message, f"group:{look.key}/t{target.id}/n{sequence}", decision.reason == "first"
        )

    def _decide(self, look: Look, target: TargetView, row: ToldRow | None, is_own: bool) -> Decision:
        quiet = not is_own or look.node is None
        members = [
            Member(one.identity, one.fired_at(look.planned_at), quiet or look.is_quiet(one)) for one in look.members
        ]
        return decide(
            row.state if row else None,
            members,
            send_resolved=target.send_resolved,
            repeat_interval_s=look.node.repeat_interval_s if look.node else float(4 * 3600),
            muted=bool(look.muted),
            now=look.planned_at,
        )

    def _group_message(self, look: Look, target: TargetView, decision: Decision) -> Message:
        by_identity = {one.identity: one for one in look.members}
        firing = _in_order(by_identity[one] for one in decision.firing)
        resolved = _in_order(by_identity[one] for one in decision.resolved)
        receiver = self.configuration.receivers[target.receiver_id]
        return group_message(
            group_key=look.group_key,
            thread=f"group:{look.key}",
            group_labels=look.labels,
            receiver=receiver.name,
            severity=worst_of(firing or resolved).severity,
            firing=firing,
            resolved=resolved,
            incident=look.incident,
            estate=self.configuration.estate,
        )

    def _tell_incident(self, look: Look, target: TargetView) -> None:
        """Once for the incident, whatever groups of it are looked at."""
        case = look.case
        if case is None or not case.open or look.node is None:
            return
        row = case.told.get(target.id)
        loud = case.loud()
        anew = row and case.again and target.id not in case.retold
        telling = incident_telling(
            None if row is None else replace_owed(row.state) if anew else row.state,
            frozenset(one.identity for one in loud),
            group_interval_s=look.node.group_interval_s,
            repeat_interval_s=look.node.repeat_interval_s,
            now=look.planned_at,
        )
        if telling.told is None or not self._wants(case, target, telling.reason):
            return
        channel = self._channel(target) if target.channel_id else None
        if target.channel_id and channel is None:
            return
        told = ToldRow(telling.told, (row.sequence if row else 0) + 1)
        case.retold.add(target.id)
        case.told[target.id] = self.written[case.incident.subject, target.id] = told
        kind = MessageKind.FIRING if telling.reason == "first" else MessageKind.UPDATE
        receiver = self.configuration.receivers[target.receiver_id]
        message = incident_message(case.incident, loud, self.configuration.estate, kind=kind, receiver=receiver.name)
        if channel is not None:
            key = f"{case.incident.subject}/t{target.id}/n{told.sequence}"
            self._deliver(look, target, channel, message, key, telling.reason == "first")
        else:
            self._page(case, target, message)

    def _wants(self, case: Case, target: TargetView, reason: str) -> bool:
        """People are paged once, by their policy; nobody is told of what sleeps, nor again and again of what somebody looks after."""
        state = case.incident.state
        if state == IncidentState.SNOOZED or (state != IncidentState.OPEN and reason == "repeat"):
            return False
        return target.policy_id is None or reason == "first"

    def _page(self, case: Case, target: TargetView, message: Message) -> None:
        policy = self._policy(target)
        if policy is not None:
            self.pages.setdefault(policy.pk, []).append((case.incident, message))

    def page(self) -> None:
        """Have policies page people of what was told to them."""
        for policy_id, pages in self.pages.items():
            paging.page_many(self.policies[policy_id], pages, self.record.now)
            for incident in {one.pk: one for one, _ in pages if one.state != IncidentState.OPEN}.values():
                paging.hold(incident, f"Incident #{incident.pk} is {incident.state}.", self.record.now)

    def _deliver(
        self, look: Look, target: TargetView, channel: ChannelView, message: Message, key: str, is_first: bool
    ) -> None:
        receiver = self.configuration.receivers[target.receiver_id]
        route = look.node.name or look.node.key if look.node else "a route that is gone"
        service = look.incident.service if look.incident else look.labels.get("service", "")
        self.record.deliveries.append(
            Wanted(
                key=key,
                subject=message.subject,
                thread=message.thread,
                message=message_text(message),
                kind=message.kind,
                why=f"Receiver {receiver.name} of route {route}",
                target_name=channel.name,
                channel_id=channel.id,
                urgency=paging.urgency_of(message.severity),
                fair_key=service[:120],
                is_first=is_first,
            )
        )

    def _channel(self, target: TargetView) -> ChannelView | None:
        """None where there is none, or it is switched off: what it would be told it is told when it is on again."""
        if target.channel_id is None:
            return None
        if target.channel_id not in self.channels:
            self.channels |= channels_read(self.configuration)
        channel = self.channels.get(target.channel_id)
        return channel if channel and channel.enabled else None

    def _policy(self, target: TargetView) -> EscalationPolicy | None:
        if target.policy_id not in self.policies:
            self.policies |= EscalationPolicy.objects.in_bulk()
        return self.policies.get(target.policy_id or 0)


def _in_order(alerts: Iterable[MemberRow]) -> list[MemberRow]:
    return sorted(alerts, key=lambda one: telling_order(one.labels))


def replace_owed(state: ToldState) -> ToldState:
    """As if it had been told of nothing: it is told anew."""
    return replace(state, firing=frozenset(), owed=frozenset())
