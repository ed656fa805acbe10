"""What the network probes share: values, words, and the Result of a call that brought no answer."""

from typing import Any

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes.base import Result, Threshold, Unit, Value
from opsportal.http import HttpError, PeerCertificate

EXPIRY_THRESHOLD = Threshold("certificate_days_left", Comparator.AT_MOST, degraded=21, down=7)
DNS_SECONDS = Value("DNS time", Unit.SECONDS, "Looking up the name; absent for an address.")
CONNECT_SECONDS = Value("Connect time", Unit.SECONDS, "Opening the TCP connection.")
TLS_SECONDS = Value("TLS time", Unit.SECONDS, "The TLS handshake.")
TOTAL_SECONDS = Value("Total time", Unit.SECONDS, "From the look-up of the name to the end.")
DAYS_LEFT = Value("Certificate days left", Unit.DAYS, "Days until the certificate expires; negative once it has.")


def fault(
    error: HttpError, *, values: dict[str, float] | None = None, evidence: dict[str, Any] | None = None
) -> Result:
    """The Result for a call that brought no answer. What the portal's own policy blocks is unknown, not down; where a
    redirect leads there, the answer of what is watched is wrong."""
    if error.own_fault:
        return Result(Status.UNKNOWN, error.message, Cause.INTERNAL, values or {}, evidence or {})
    own_doing = error.cause == "blocked" and not error.redirects
    verdict = Status.UNKNOWN if own_doing else Status.DOWN
    return Result(verdict, error.message, Cause(error.cause.value), values or {}, evidence or {})


def milliseconds(seconds: float) -> str:
    """A duration as people read it: "12 ms", "1.42 s"."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def certificate_evidence(certificate: PeerCertificate) -> dict[str, Any]:
    """A certificate as JSON."""
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names),
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "serial": certificate.serial,
    }
