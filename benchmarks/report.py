"""How benchmarks print: one figure a line, against its goal.

live delay p99: 81.2 ms (goal <= 500) ok
"""

import sys
from typing import NoReturn


class Report:
    """Prints figures as they come, and remembers whether all were good enough."""

    def __init__(self) -> None:
        self.short = 0

    def at_most(self, name: str, value: float, unit: str, goal: float) -> None:
        self._line(name, value, unit, f"<= {goal:g}", value <= goal)

    def at_least(self, name: str, value: float, unit: str, goal: float) -> None:
        self._line(name, value, unit, f">= {goal:g}", value >= goal)

    def plain(self, name: str, value: float, unit: str) -> None:
        """A figure without a goal."""
        print(f"{name}: {_number(value)} {unit}".rstrip(), flush=True)

    def finish(self) -> NoReturn:
        """Leave the process: 1 if any figure is short of its goal."""
        sys.exit(1 if self.short else 0)

    def _line(self, name: str, value: float, unit: str, goal: str, ok: bool) -> None:
        self.short += not ok
        words = f"{name}: {_number(value)} {unit}".rstrip()
        print(f"{words} (goal {goal}) {'ok' if ok else 'SHORT'}", flush=True)


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that `percent` of the values do not exceed (nearest rank). NaN, short of any goal, if none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:.3g}"
