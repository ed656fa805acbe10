"""How much of a check's timeout a probe may use itself."""

SHARE = 0.1
MOST_S = 0.25


def own_budget_s(timeout_s: float) -> float:
    """Slightly less than the timeout, so that a probe can still say which step hung before the engine cuts the run."""
    return timeout_s - min(timeout_s * SHARE, MOST_S)
