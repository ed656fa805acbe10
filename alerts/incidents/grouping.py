"""When a group of alerts is told, and of what: Alertmanager's aggregation group and its log of notifications. Pure.

A new group waits `group_wait` from its first alert and is looked at every `group_interval` from then on. At each look the alerts that fire
and are not suppressed, and those that have resolved, are compared with what the target was told last. Sources: Alertmanager 0.25,
dispatch/dispatch.go, notify/notify.go (DedupStage, RetryStage), nflog/nflogpb/set.go.

The resolve contract is ours: what a target was told is firing it is told is resolved, though it is suppressed by then, though its route is
muted, though its group is another. Alertmanager drops such a resolve.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

LINGER_S = 30.0  # an empty group is kept so long: Alertmanager cleans up every 30 s
Reason = Literal["", "first", "firing", "resolved", "repeat", "owed"]
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Member:
    """An alert in a group, as it is at the time of a look. `suppressed`: silenced, inhibited, in maintenance."""

    identity: str
    is_firing: bool
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class ToldState:
    """What a target was told last, in Alertmanager's terms, and `owed`: told as firing at some time and not as resolved since."""

    firing: frozenset[str]
    resolved: frozenset[str]
    owed: frozenset[str]
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What to tell a target: identities in the order of the members. An empty `reason`: nothing.

    `told`: what to remember, None where nothing changes; it may change though nothing is told. `contract`: Alertmanager would have told
    nothing, or less.
    """

    reason: Reason = ""
    firing: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    told: ToldState | None = None
    contract: bool = False


def first_flush_at(opened_at: datetime, starts_at: datetime, group_wait_s: float) -> datetime:
    """When a new group is told; at once when its first alert started longer ago than the wait."""
    wait = timedelta(seconds=group_wait_s)
    return opened_at if starts_at + wait < opened_at else opened_at + wait


def joined_flush_at(
    planned: datetime | None,
    flushed_at: datetime | None,
    now: datetime,
    starts_at: datetime,
    group_wait_s: float,
    group_interval_s: float,
    was_empty: bool = False,
) -> datetime:
    """When a group is told that an alert joins at `now`. `was_empty`: all it had has resolved, and it only lingers."""
    if flushed_at is None:
        soonest = first_flush_at(now, starts_at, group_wait_s)
        return min(planned, soonest) if planned else soonest
    if planned is None or was_empty:
        return next_flush_at(flushed_at, now, group_interval_s)
    return planned


def next_flush_at(previous: datetime, now: datetime, group_interval_s: float) -> datetime:
    """The first tick after `now`, counted from an earlier one: those that were missed are not made up for."""
    interval = timedelta(seconds=max(group_interval_s, 0.001))
    ticks = max(math.floor((now - previous) / interval) + 1, 1)
    tick = previous + ticks * interval
    return tick if tick > now else tick + interval  # floor and product round to microseconds, each its own way


def owed_elsewhere(told: ToldState | None, members: Iterable[Member]) -> frozenset[str]:
    """Identities a target is owed the resolve of that are not in the group any more."""
    return told.owed - {member.identity for member in members} if told else _NONE


def leaving(members: Iterable[Member]) -> frozenset[str]:
    """Identities that leave the group after a look: whatever has resolved, told or not."""
    return frozenset(member.identity for member in members if not member.is_firing)


def decide(
    told: ToldState | None,
    members: Sequence[Member],
    *,
    send_resolved: bool,
    repeat_interval_s: float,
    muted: bool,
    now: datetime,
    contract: bool = True,
) -> Decision:
    """What to tell a target at a look at `now`. `muted`: the route is, by its time intervals. One member an identity.

    Without `contract`: what Alertmanager tells, to compare with it.
    """
    seen = _Seen.of(members, muted)
    due = _due(told, members) if send_resolved and contract else _NONE
    reason = _reason(told, seen, send_resolved, repeat_interval_s, now)
    tells = bool(reason) and (bool(seen.firing) or send_resolved)
    if not tells and not due:
        return Decision(told=_remembered(told, seen, _NONE, now) if reason else None)
    by_alertmanager = seen.resolved if tells and send_resolved else _NONE
    resolved = by_alertmanager | due
    return Decision(
        reason=reason or "owed",
        firing=tuple(one.identity for one in members if one.identity in seen.firing),
        resolved=tuple(one.identity for one in members if one.identity in resolved),
        told=_remembered(told, seen, resolved, now, keeps_owed=send_resolved),
        contract=not due <= by_alertmanager,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What Alertmanager's pipeline lets through to a target."""

    firing: frozenset[str]
    resolved: frozenset[str]

    @classmethod
    def of(cls, members: Sequence[Member], muted: bool) -> "_Seen":
        open_ = [] if muted else [member for member in members if not member.suppressed]
        return cls(
            frozenset(member.identity for member in open_ if member.is_firing),
            frozenset(member.identity for member in open_ if not member.is_firing),
        )


def _reason(
    told: ToldState | None, seen: _Seen, send_resolved: bool, repeat_interval_s: float, now: datetime
) -> Reason:
    """Why Alertmanager would tell; "" where it would not."""
    if not seen.firing and not seen.resolved:
        return ""
    if told is None:
        return "first" if seen.firing else ""
    if not seen.firing <= told.firing:
        return "firing"
    if not seen.firing:
        return "resolved" if told.firing else ""
    if send_resolved and not seen.resolved <= told.resolved:
        return "resolved"
    return "repeat" if now - told.told_at >= timedelta(seconds=repeat_interval_s) else ""


def _due(told: ToldState | None, members: Sequence[Member]) -> frozenset[str]:
    """What has resolved and was told as firing: to be told by the contract, whatever suppresses it."""
    return told.owed.intersection(one.identity for one in members if not one.is_firing) if told else _NONE


def _remembered(
    told: ToldState | None, seen: _Seen, resolved: frozenset[str], now: datetime, keeps_owed: bool = False
) -> ToldState:
    """The state after telling `seen.firing` and `resolved`.

    What fires but is suppressed is forgotten, and so told anew when it no longer is; the resolve of it stays owed.
    """
    owed = (told.owed if told else _NONE) | seen.firing
    return ToldState(seen.firing, seen.resolved | resolved, owed - resolved if keeps_owed else _NONE, now)
