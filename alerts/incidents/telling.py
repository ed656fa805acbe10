"""When a channel is told of an incident (a receiver that is told once per incident, whatever groups join). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.incidents.grouping import ToldState


@dataclass(frozen=True, slots=True)
class Telling:
    """Why a channel is told, empty: it is not; and what it knows then."""

    reason: str = ""  # first, joined, repeat
    told: ToldState | None = None


def incident_telling(
    told: ToldState | None,
    firing: frozenset[str],
    *,
    group_interval_s: float,
    repeat_interval_s: float,
    now: datetime,
) -> Telling:
    """`firing`: identities of what fires in the incident and is not kept quiet.

    The first alerts are told at once; what joined since when the group interval has passed; otherwise with each repeat interval. That some
    of its alerts are over is told with the next of these, the end of the incident at once (by whoever ends it).
    """
    reason = _reason(told, firing, group_interval_s, repeat_interval_s, now)
    if not reason:
        return Telling()
    owed = firing | (told.owed if told else frozenset())
    return Telling(reason, ToldState(firing, frozenset(), owed, now))


def _reason(
    told: ToldState | None, firing: frozenset[str], group_interval_s: float, repeat_interval_s: float, now: datetime
) -> str:
    if not firing:
        return ""
    if told is None or not told.owed:
        return "first"
    since = now - told.told_at
    if not firing <= told.firing and since >= timedelta(seconds=group_interval_s):
        return "joined"
    return "repeat" if since >= timedelta(seconds=repeat_interval_s) else ""
