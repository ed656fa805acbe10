"""The words of this room. Each status carries its label, icon (Material Symbols name), colour token and rank."""

from django.db import models


class Status(models.TextChoices):
    """What is known of a check or a service.

    The first four are verdicts a probe may give; the rest are given by the portal.
    """

    UP = "up", "Up"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"
    UNKNOWN = "unknown", "Unknown"  # the portal could not tell: wrong credentials, its own fault
    STALE = "stale", "Stale"  # nothing was reported for three intervals
    MAINTENANCE = "maintenance", "Maintenance"
    PAUSED = "paused", "Paused"
    PENDING = "pending", "Pending"  # not run yet

    @property
    def icon(self) -> str:
        return STATUS_ICONS[self]

    @property
    def colour(self) -> str:
        """Name of the design token (`--status-<name>`)."""
        return self.value

    @property
    def rank(self) -> int:
        """Order on a page, the worst first."""
        return STATUS_ORDER.index(self)


STATUS_ICONS = {
    Status.UP: "check_circle",
    Status.DEGRADED: "warning",
    Status.DOWN: "dangerous",
    Status.UNKNOWN: "help",
    Status.STALE: "hourglass_empty",
    Status.MAINTENANCE: "build",
    Status.PAUSED: "pause_circle",
    Status.PENDING: "pending",
}
FAILING = (Status.DOWN, Status.DEGRADED, Status.STALE)  # what "failing" means in filters and lists
STATUS_ORDER = [
    Status.DOWN, Status.DEGRADED, Status.STALE, Status.UNKNOWN, Status.MAINTENANCE, Status.PENDING, Status.PAUSED, Status.UP,
]  # fmt: skip


class Criticality(models.TextChoices):
    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class Impact(models.TextChoices):
    """What a check that is down means for its service (the rule is `status.service_status`)."""

    DECIDES = "decides", "The service is down"
    DEGRADES = "degrades", "The service is degraded"
    INFORMS = "informs", "Shown only"


class Comparator(models.TextChoices):
    ABOVE = "gt", "above"
    AT_LEAST = "ge", "at least"
    BELOW = "lt", "below"
    AT_MOST = "le", "at most"


class Cause(models.TextChoices):
    """Why a probe did not say up: one stable word per kind of fault, beside the sentence for people."""

    NONE = "", "—"
    REFUSED = "refused", "Connection refused"
    TIMEOUT = "timeout", "No answer in time"
    UNREACHABLE = "unreachable", "Network unreachable"
    RESET = "reset", "Connection broken"
    DNS = "dns", "Name not resolved"
    TLS = "tls", "TLS failed"
    CERTIFICATE = "certificate", "Certificate not valid"
    BLOCKED = "blocked", "Address not allowed"
    TOO_LARGE = "too_large", "Answer too large"
    PROTOCOL = "protocol", "Answer not understood"
    UNEXPECTED = "unexpected", "Unexpected answer"
    OVERLOADED = "overloaded", "Overloaded"
    STARTING = "starting", "Still starting"
    AUTH = "auth", "Credentials refused"
    MISCONFIGURED = "misconfigured", "Misconfigured"
    MISSING = "missing", "Something expected is missing"
    THRESHOLD = "threshold", "Threshold crossed"
    LATE = "late", "Did not report in time"
    FAILED = "failed", "Reported a failure"
    INTERNAL = "internal", "Fault of the portal"


class PingKind(models.TextChoices):
    """What a job says with a ping."""

    START = "start", "Started"
    SUCCESS = "success", "Succeeded"
    FAIL = "fail", "Failed"
    LOG = "log", "Logged"
