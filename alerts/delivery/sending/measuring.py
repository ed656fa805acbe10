"""What the sender measures of itself."""

from opsportal.measures import counter, gauge, histogram

RESULTS = counter("opsportal_delivery_results_total", "Tries to send, by what came of them.", ("kind", "result"))
WAIT = histogram(
    "opsportal_delivery_wait_seconds", "Time from when a delivery was due until its first try began.", ("kind",)
)
OUTBOX = gauge("opsportal_delivery_outbox_messages", "Messages not sent and not given up.", ("state",), across="max")
OLDEST_DUE = gauge("opsportal_delivery_oldest_due_seconds", "Age of the oldest message that is due.", across="max")
CIRCUITS = gauge("opsportal_delivery_circuits", "Circuits of endpoints by state.", ("state",), across="max")
