"""Changes of counters over a sliding window, kept in a check's memory. Pure: the clock is passed in.

Servers count since their start or since their statistics were reset. What matters is the change of late, so every run notes the
counters and compares them with what an earlier run of the window noted. A new start, a reset or a counter that fell empties the
window, so that no change is ever negative or counted from another life of the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WINDOW_S = 900.0
STRIDE_S = 30.0  # samples closer than this replace each other, so that a check of every second keeps few
CLOSEST_S = 0.5  # a shorter span would make a rate of noise


@dataclass(slots=True)
class Window:
    """Counters noted at past runs, oldest first: each sample is [unix seconds, counter, counter…] in the order of `names`."""

    epoch: str
    names: list[str]
    samples: list[list[float]] = field(default_factory=list)

    def as_memory(self) -> dict[str, Any]:
        """JSON for `Result.memory`; `observe` takes it back."""
        return {"epoch": self.epoch, "names": self.names, "samples": self.samples}

    def change(self, name: str, over_s: float = WINDOW_S) -> float | None:
        """Growth of a counter over (about) the last `over_s` seconds; None before there is a second sample."""
        base = self._base(over_s)
        if base is None or name not in self.names:
            return None
        column = self.names.index(name) + 1
        return self.samples[-1][column] - base[column]

    def rate(self, name: str, over_s: float = WINDOW_S) -> float | None:
        """Growth per second."""
        base, grown = self._base(over_s), self.change(name, over_s)
        if base is None or grown is None:
            return None
        return grown / (self.samples[-1][0] - base[0])

    def share(self, part: str, rest: str, *, least: float, over_s: float = WINDOW_S) -> float | None:
        """part / (part + rest) of what was counted in the window; None where fewer than `least` were, which would say nothing."""
        of_part, of_rest = self.change(part, over_s), self.change(rest, over_s)
        if of_part is None or of_rest is None or of_part + of_rest < least:
            return None
        return of_part / (of_part + of_rest)

    def _base(self, over_s: float) -> list[float] | None:
        """The oldest earlier sample of the window, or the newest earlier one where all are older than it."""
        newest = self.samples[-1][0]
        earlier = [sample for sample in self.samples[:-1] if newest - sample[0] >= CLOSEST_S]
        inside = [sample for sample in earlier if newest - sample[0] <= over_s]
        return inside[0] if inside else (earlier[-1] if earlier else None)


def observe(memory: object, at: float, epoch: str, counters: Mapping[str, float]) -> Window:
    """The window after noting `counters` at `at` (unix seconds).

    `memory`: what `as_memory` gave at the last run, or anything else at the first. `epoch` names the server's life: its start, its last
    reset of statistics. Where it differs, or a counter fell, or the clock went back, the window starts anew.
    """
    names = sorted(counters)
    sample = [at, *(float(counters[name]) for name in names)]
    past = _past(memory, epoch, names)
    if not past or at <= past[-1][0] or any(new < old for new, old in zip(sample[1:], past[-1][1:], strict=True)):
        return Window(epoch, names, [sample])
    if len(past) > 1 and past[-1][0] - past[-2][0] < STRIDE_S:
        past = past[:-1]
    kept = [old for old in past if at - old[0] <= WINDOW_S] or past[-1:]
    return Window(epoch, names, [*kept, sample])


def _past(memory: object, epoch: str, names: list[str]) -> list[list[float]]:
    if not isinstance(memory, Mapping) or memory.get("epoch") != epoch or memory.get("names") != names:
        return []
    samples = memory.get("samples")
    if not isinstance(samples, list):
        return []
    return [sample for sample in samples if isinstance(sample, list) and len(sample) == len(names) + 1]
