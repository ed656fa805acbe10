"""The circuit breaker of an endpoint: a state machine. Pure: the clock is passed in; who keeps the state is another's business.

It opens after FAILURES in a row, or once the endpoint has failed for FAILING_S. While open nothing is sent. At `next_probe_at` one message
is the probe; when it goes through, the circuit is closed. Probes are 2, 4, 8, 8 … seconds apart, counted from the beginning of the one
before, so that an endpoint that works again is noticed within 10 s even when the last probe hung.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from alerts.delivery.choices import CircuitState

FAILURES = 5
FAILING_S = 10.0
FIRST_PROBE_S = 2.0
LAST_PROBE_S = 8.0
PROBE_TIMEOUT_S = 8.0
LONGEST_WAIT_S = 300.0  # that a receiver's Retry-After may keep a circuit from its next probe


class Gate(Enum):
    SEND = "send"
    PROBE = "probe"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an endpoint; the fields of `models.Circuit`."""

    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    failing_since: datetime | None = None
    opened_at: datetime | None = None
    next_probe_at: datetime | None = None
    probe_lease_until: datetime | None = None
    openings: int = 0
    last_error: str = ""
    last_success_at: datetime | None = None


def gate(now_is: Standing, now: datetime) -> Gate:
    """What may be done with a message to the endpoint at `now`."""
    if now_is.state == CircuitState.CLOSED:
        return Gate.SEND
    if now_is.state == CircuitState.HALF_OPEN:
        return Gate.WAIT if now_is.probe_lease_until and now < now_is.probe_lease_until else Gate.PROBE
    return Gate.WAIT if now_is.next_probe_at and now < now_is.next_probe_at else Gate.PROBE


def waits_until(now_is: Standing, now: datetime) -> datetime:
    """When a message that must wait is looked at again."""
    known = now_is.probe_lease_until if now_is.state == CircuitState.HALF_OPEN else now_is.next_probe_at
    return max(known or now, now + timedelta(milliseconds=100))


def probing(now_is: Standing, now: datetime) -> Standing:
    """One probe is under way; its lease ends by itself if its sender dies."""
    lease = now + timedelta(seconds=PROBE_TIMEOUT_S + 1)
    return replace(now_is, state=CircuitState.HALF_OPEN, probe_lease_until=lease)


def room(now_is: Standing, under_way: int, most: int) -> int:
    """How many more may be sent at once: `most` in all, and no more than would open the circuit while it fails."""
    return max((most if now_is.failures == 0 else FAILURES - now_is.failures) - under_way, 0)


def succeeded(now_is: Standing, now: datetime) -> Standing:
    """The endpoint answered, whatever it was that it answered to: all is well."""
    return Standing(last_success_at=now, last_error=now_is.last_error)


def failed(
    now_is: Standing,
    *,
    began: datetime,
    now: datetime,
    words: str,
    probe: bool = False,
    retry_after_s: float | None = None,
) -> Standing:
    """A try that began at `began` failed by the endpoint's fault."""
    since = now_is.failing_since or max(began, now_is.last_success_at or began)
    after = replace(now_is, failures=now_is.failures + 1, failing_since=since, last_error=words[:500])
    if now_is.state == CircuitState.CLOSED:
        worn_out = after.failures >= FAILURES or now - since >= timedelta(seconds=FAILING_S)
        return _opened(after, now, now, retry_after_s) if worn_out else after
    return _opened(after, began, now, retry_after_s) if probe else after


def _opened(after: Standing, began: datetime, now: datetime, retry_after_s: float | None) -> Standing:
    """Open, the next probe a while after the beginning of the last one."""
    openings = after.openings + 1
    pause_s = min(FIRST_PROBE_S * 2 ** min(openings - 1, 8), LAST_PROBE_S)
    asked = now + timedelta(seconds=min(retry_after_s or 0.0, LONGEST_WAIT_S))
    return replace(
        after,
        state=CircuitState.OPEN,
        openings=openings,
        opened_at=after.opened_at or now,
        next_probe_at=max(began + timedelta(seconds=pause_s), asked, now),
        probe_lease_until=None,
    )
