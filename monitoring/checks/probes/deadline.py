"""How much of a check's timeout a probe may use itself, and what it is doing meanwhile."""

import time

SHARE = 0.1
MOST_S = 0.25


def own_budget_s(timeout_s: float) -> float:
    """Slightly less than the timeout, so that a probe can still say which step hung before the engine cuts the run."""
    return timeout_s - min(timeout_s * SHARE, MOST_S)


class Clock:
    """The deadline of one run, and the step it is in, for the words of a timeout."""

    def __init__(self, timeout_s: float) -> None:
        self.budget_s = own_budget_s(timeout_s)
        self._ends = time.monotonic() + self.budget_s
        self.step = "connecting"

    def left_s(self) -> float:
        return max(self._ends - time.monotonic(), 0.0)

    def words(self, where: str) -> str:
        """The sentence of a timeout."""
        return f"{where} gave no answer in {self.budget_s:.3g} s while {self.step}."
