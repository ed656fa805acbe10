"""How long to wait before a message is tried again. Pure: the dice are passed in.

Exponential with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): a random time up to 1, 2, 4 … 60 s, so that messages that
failed together are not tried together.
"""

from datetime import datetime, timedelta

FIRST_S = 1.0
MOST_S = 60.0
LEAST_S = 0.2


def next_attempt(
    *, attempts: int, now: datetime, deadline: datetime, dice: float, retry_after_s: float | None = None
) -> datetime | None:
    """When to try again after `attempts` tries; None: not before the deadline. `dice` is from 0 to 1.

    Never sooner than the receiver asked for (`Retry-After`).
    """
    most_s = min(FIRST_S * 2.0 ** min(attempts - 1, 16), MOST_S)
    wait_s = max(LEAST_S, dice * most_s, retry_after_s or 0.0)
    at = now + timedelta(seconds=min(wait_s, 86_400.0))
    return at if at < deadline else None
