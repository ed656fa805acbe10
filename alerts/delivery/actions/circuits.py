"""Writes of circuits by people."""

from datetime import datetime

from django.db import connection, transaction

from alerts.delivery.choices import CircuitState
from alerts.delivery.models import Circuit
from alerts.delivery.sending import statements
from alerts.delivery.wakeup import OUTBOX
from monitoring.events.announcing import announce
from opsportal.sweeps import wake
from opsportal.writing import Person


@transaction.atomic
def circuit_reset(*, circuit: Circuit, now: datetime, by: Person = None) -> Circuit:
    """Close a circuit by hand: what waits for the endpoint is sent at once. If the endpoint still fails, it opens again."""
    stored = Circuit.objects.select_for_update().get(pk=circuit.pk)
    was = stored.state
    stored.state = CircuitState.CLOSED
    stored.failures = stored.openings = 0
    stored.failing_since = stored.opened_at = stored.next_probe_at = stored.probe_lease_until = None
    stored.save()
    with connection.cursor() as cursor:
        cursor.execute(statements.GO_ON, {"endpoint": stored.endpoint, "now": now})
    wake(OUTBOX)
    announce(
        kind="alerts.circuit.reset",
        subject=f"circuit:{stored.endpoint}",
        summary=f"The circuit of {stored.endpoint} was closed by hand",
        by=by,
        payload={"was": was},
    )
    return stored
