"""Into the queue, in the transaction that stores the samples: what is stored is sent, what is rolled back is not."""

import time

from django.conf import settings

from monitoring.metrics.shipping.payloads import Samples, packed
from monitoring.metrics.statements import Ask, Plan

LOOK_EVERY_S = 5.0
WANTED = "SELECT EXISTS (SELECT 1 FROM shipping_destination WHERE enabled)"
INSERT = "INSERT INTO shipping_outgoing (samples, payload) VALUES (%s, %s)"


class Interest:
    """Whether anybody wants samples, looked up every LOOK_EVERY_S seconds: so long a new destination waits for its first."""

    def __init__(self) -> None:
        self.wanted = False
        self.known_until = 0.0

    def is_known(self) -> bool:
        return time.monotonic() < self.known_until

    def learn(self, wanted: bool) -> bool:
        self.wanted, self.known_until = wanted, time.monotonic() + LOOK_EVERY_S
        return wanted

    def forget(self) -> None:
        self.known_until = 0.0


interest = Interest()


def queueing(samples: Samples) -> Plan[None]:
    """Queue samples for every destination there is; a plan, so that both kinds of connection can follow it."""
    if not len(samples.ids):
        return
    if settings.METRICS_BACKEND:  # the queue is the only place where they are kept until they are there
        yield Ask(INSERT, [len(samples.ids), packed(samples)])
        return
    if not interest.is_known():
        [(wanted,)] = yield Ask(WANTED, [])
        interest.learn(bool(wanted))
    if interest.wanted:
        yield Ask(INSERT, [len(samples.ids), packed(samples)])
