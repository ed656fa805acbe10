"""What became of the alerts that were accepted. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from benchmarks.alerts.torture.receivers import Taken


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of alerts (lost, unresolved, uncalled, doubled_otherwise, misled) and of messages (the others)."""

    accepted: int
    lost: int  # accepted, and its receiver was never told
    unresolved: int  # told as firing, ended, and its receiver was never told of the end
    uncalled: int  # told of, and not accepted
    misled: int  # told to a receiver that it is not for
    messages: int
    repeated: int  # taken more than once, under the same key
    otherwise: int  # told once more under another key
    changed: int  # another message under a key that was used

    @property
    def repeated_share(self) -> float:
        """Percent."""
        return 100.0 * (self.repeated + self.otherwise) / max(self.messages, 1)


def judge(accepted: Collection[int], taken: Taken) -> Verdict:
    """Of the numbers of the accepted alerts, all of which have been ended."""
    wanted = set(accepted)
    told = set(taken.firing)
    again = sum(len(keys) - 1 for known in (taken.firing, taken.resolved) for keys in known.values())
    return Verdict(
        accepted=len(wanted),
        lost=len(wanted - told),
        unresolved=len(told - set(taken.resolved)),
        uncalled=len((told | set(taken.resolved)) - wanted),
        misled=taken.misled,
        messages=len(taken.keys),
        repeated=sum(taken.keys.values()) - len(taken.keys),
        otherwise=again,
        changed=taken.changed,
    )
