"""Playing a case on both sides, and judging what each told."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks.compat_alertmanager import alertmanager
from benchmarks.compat_alertmanager.cases import Case, Notification
from benchmarks.compat_alertmanager.compare import differences, streams
from benchmarks.compat_alertmanager.ours import World
from benchmarks.compat_alertmanager.receiver import Receiver

LAST_POSTS_S = 0.3
"""How long a webhook that is on its way at the end has to arrive."""
MOST_LATE = 0.2
"""Beats by which a step may be late before the case proves nothing."""


@dataclass(frozen=True, slots=True)
class Played:
    """What Alertmanager did with a case: `start` and `beat_s` place its beats in time, `late` is the latest step's delay in beats."""

    case: Case
    start: datetime
    beat_s: float
    late: float
    told: list[Notification]


@dataclass(slots=True)
class Verdict:
    """`differing`: in words, where we do not do as Alertmanager does, contract aside. The rest counts streams and notifications."""

    played: Played
    differing: list[str] = field(default_factory=list)
    by_contract: list[str] = field(default_factory=list)
    unkept: list[str] = field(default_factory=list)
    streams: int = 0

    @property
    def is_good(self) -> bool:
        return not self.differing and not self.unkept


def play(case: Case, receiver: Receiver, beat_s: float) -> Played:
    """Play a case on an Alertmanager of its own."""
    run = f"{case.seed}-{beat_s:g}-{datetime.now(UTC):%H%M%S%f}"
    with alertmanager.running(case, beat_s, receiver.url(run)) as server:
        server.play()
        time.sleep(LAST_POSTS_S)
    return Played(case, server.start, beat_s, server.late_s / beat_s, receiver.notifications(run, server))


def judge(played: Played) -> Verdict:
    """Our thinking, in virtual time, beside it: once as Alertmanager does, once with the resolve contract, which must be kept."""
    plain = World(played.case, contract=False, start=played.start, beat_s=played.beat_s)
    ours = World(played.case, contract=True, start=played.start, beat_s=played.beat_s)
    as_alertmanager, as_we = plain.play(), ours.play()
    return Verdict(
        played,
        differing=differences(played.told, as_alertmanager),
        by_contract=differences(as_alertmanager, as_we),
        unkept=ours.unkept(),
        streams=len(streams([*played.told, *as_we])),
    )
