"""Who is sent to now, who waits, and what becomes one message: the decision about a batch of due deliveries. Pure.

A batch comes in the order in which people are to be told. Each delivery needs its endpoint's circuit, a free slot there and on its channel,
and every throttle's leave. What others may be deciding about in the same moment (`ours`) is left for the next look.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from alerts.delivery import breaker
from alerts.delivery.breaker import Gate, Standing
from alerts.delivery.throttle import Hold, Scope, hold

AT_ONCE = 8  # messages under way to one endpoint, and by one channel, of all senders together


class Fate(Enum):
    SEND = "send"
    PROBE = "probe"  # sent, to see whether the endpoint works again
    REFUSE = "refuse"  # never sent: switched off, or not wanted
    HOLD = "hold"  # by a throttle
    WAIT = "wait"  # for a circuit
    JOIN = "join"  # becomes part of another message
    LEFT = "left"  # looked at again soon


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due. `target`: who gets it, such as (channel, address). `counted`: its throttles have let it pass before."""

    id: int
    channel: int
    endpoint: str
    target: tuple[int, str]
    scopes: tuple[Scope, ...] = ()
    bundles: bool = False
    refusal: str = ""


@dataclass(slots=True)
class Known:
    """What senders share. `under_way` counts what is being sent, by endpoint and by channel; `sent` are times by throttle."""

    circuits: dict[str, Standing] = field(default_factory=dict)
    under_way: Counter[str] = field(default_factory=Counter)
    channel_under_way: Counter[int] = field(default_factory=Counter)
    sent: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    ours: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of one of them. `until`: looked at again then. `into`: the delivery it is part of."""

    due: Due
    fate: Fate
    until: datetime | None = None
    words: str = ""
    into: int | None = None


def endpoint_lock(endpoint: str) -> str:
    return f"endpoint:{endpoint}"


def locks_of(due: Due) -> set[str]:
    """What must be ours to decide about `due`."""
    return {endpoint_lock(due.endpoint), *(scope.key for scope in due.scopes)}


def decide(batch: Sequence[Due], known: Known, now: datetime) -> list[Turn]:
    """A turn for each of `batch`, in no particular order."""
    return _Round(known, now).turns(batch)


class _Round:
    def __init__(self, known: Known, now: datetime) -> None:
        self.known, self.now = known, now
        self.sent: dict[str, list[datetime]] = {key: list(times) for key, times in known.sent.items()}
        self.heads: dict[tuple[int, str], Due] = {}
        self.held: dict[tuple[int, str], list[tuple[Due, Hold]]] = defaultdict(list)

    def turns(self, batch: Sequence[Due]) -> list[Turn]:
        decided = [turn for due in batch if (turn := self._turn(due)) is not None]
        for target, held in self.held.items():
            decided += self._held_turns(target, held)
        return decided

    def _turn(self, due: Due) -> Turn | None:
        """None: a throttle holds it back; what that means depends on the rest of the batch."""
        if due.refusal:
            return Turn(due, Fate.REFUSE, words=due.refusal)
        if not locks_of(due) <= set(self.known.ours):
            return Turn(due, Fate.LEFT)
        circuit = self.known.circuits.get(due.endpoint, Standing())
        passage = breaker.gate(circuit, self.now)
        if passage == Gate.WAIT:
            return Turn(due, Fate.WAIT, until=breaker.waits_until(circuit, self.now))
        if held := hold(due.scopes, self.sent, self.now):
            self.held[due.target].append((due, held))
            return None
        if passage == Gate.SEND and not self._has_room(due, circuit):
            return Turn(due, Fate.LEFT)
        self._take(due)
        if passage == Gate.SEND:
            return Turn(due, Fate.SEND)
        self.known.circuits[due.endpoint] = breaker.probing(circuit, self.now)
        return Turn(due, Fate.PROBE)

    def _has_room(self, due: Due, circuit: Standing) -> bool:
        free = breaker.room(circuit, self.known.under_way[due.endpoint], AT_ONCE)
        return free > 0 and self.known.channel_under_way[due.channel] < AT_ONCE

    def _take(self, due: Due) -> None:
        self.known.under_way[due.endpoint] += 1
        self.known.channel_under_way[due.channel] += 1
        for scope in due.scopes:
            self.sent.setdefault(scope.key, []).append(self.now)
        self.heads.setdefault(due.target, due)

    def _held_turns(self, target: tuple[int, str], held: Sequence[tuple[Due, Hold]]) -> list[Turn]:
        """Part of a message that goes now, where the throttles want that; else later."""
        head = self.heads.get(target)
        turns = []
        for due, by in held:
            least = by.scope.limit.bundles_from
            joins = head is not None and head.bundles and due.bundles and least is not None and len(held) >= least
            if joins and head is not None:
                turns.append(Turn(due, Fate.JOIN, words=by.scope.limit.name, into=head.id))
            else:
                turns.append(Turn(due, Fate.HOLD, until=by.until, words=by.scope.limit.name))
        return turns
