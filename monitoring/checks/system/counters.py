"""Growth of the kernel's counters from one reading to the next. Pure: the clock is passed in.

A counter that fell (wrapped, or its device was taken out and put in again) says nothing this once; after a restart of
the machine, none does.
"""

from collections.abc import Mapping
from typing import Any

SHORTEST_S = 0.2  # a shorter span would make a rate of noise
LONGEST_S = 3_600.0  # the mean of a longer span would pass for the present


class Counters:
    """Notes this reading's counters, and compares them with those of the last one."""

    def __init__(self, memory: Mapping[str, Any], at: float, epoch: str) -> None:
        """`memory`: what `as_memory` gave at the last reading, or an empty mapping; `at`: unix seconds; `epoch`: this
        boot's name."""
        self._at = at
        self._epoch = epoch
        self._noted: dict[str, float] = {}
        before = memory.get("counters") if memory.get("epoch") == epoch else None
        self.elapsed_s = at - float(memory.get("at", at)) if isinstance(before, Mapping) else 0.0
        fits = isinstance(before, Mapping) and SHORTEST_S <= self.elapsed_s <= LONGEST_S
        self._before: Mapping[str, Any] = before if fits and isinstance(before, Mapping) else {}

    @property
    def comparable(self) -> bool:
        """Whether there is a last reading to compare with."""
        return bool(self._before)

    def growth(self, name: str, value: float) -> float | None:
        """How much a counter grew since the last reading; None when that is not known."""
        self._noted[name] = value
        before = self._before.get(name)
        if not isinstance(before, int | float) or value < before:
            return None
        return value - before

    def rate(self, name: str, value: float) -> float | None:
        """Growth per second."""
        grown = self.growth(name, value)
        return None if grown is None else grown / self.elapsed_s

    def as_memory(self) -> dict[str, Any]:
        """JSON for the next reading."""
        return {"at": self._at, "epoch": self._epoch, "counters": self._noted}


def known(values: Mapping[str, float | None]) -> dict[str, float]:
    """Without those that are not known."""
    return {name: value for name, value in values.items() if value is not None}
