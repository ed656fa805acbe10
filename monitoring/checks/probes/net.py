"""What the network probes share: form fields, the deadline they keep, and Results for faults on the way."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes.base import Result, Threshold, Unit, Value
from opsportal.http import HttpError, PeerCertificate
from opsportal.http.certificates import client_context
from opsportal.http.policy import literal
from opsportal.http.wire import BAD_VALUE, TOKEN

EXPIRY_THRESHOLD = Threshold("certificate_days_left", Comparator.AT_MOST, degraded=21, down=7)
DNS_SECONDS = Value("DNS time", Unit.SECONDS, "Looking up the name; absent for an address.")
CONNECT_SECONDS = Value("Connect time", Unit.SECONDS, "Opening the TCP connection.")
TLS_SECONDS = Value("TLS time", Unit.SECONDS, "The TLS handshake.")
TOTAL_SECONDS = Value("Total time", Unit.SECONDS, "From the look-up of the name to the end.")
DAYS_LEFT = Value("Certificate days left", Unit.DAYS, "Days until the certificate expires; negative once it has.")


class HeadersField(forms.Field):
    """HTTP headers: a JSON object, or lines of `Name: value`. Cleans to a dict."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> dict[str, str]:
        """Raises ValidationError naming the header that cannot be sent."""
        pairs = list(value.items()) if isinstance(value, dict) else [_pair(line) for line in _lines(value)]
        for name, text in pairs:
            if not isinstance(text, str) or not TOKEN.fullmatch(str(name)) or BAD_VALUE.search(text):
                raise ValidationError(f"{name!r} is not a header that can be sent; write one `Name: value` a line.")
        return {str(name): text for name, text in pairs}

    def prepare_value(self, value: Any) -> Any:
        """A dict as lines."""
        return "\n".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, dict) else value


class LinesField(forms.Field):
    """A list of texts: a JSON list, or one a line. Cleans to a list."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[str]:
        """Blank lines are dropped."""
        items = value if isinstance(value, list) else _lines(value)
        return [text for item in items if (text := str(item).strip())]

    def prepare_value(self, value: Any) -> Any:
        """A list as lines."""
        return "\n".join(value) if isinstance(value, list) else value


class HostField(forms.CharField):
    """A host name or an IP address, without scheme, port or brackets."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "A host name or an IP address.")
        super().__init__(max_length=253, **options)

    def clean(self, value: Any) -> str:
        """Raises ValidationError when it is more than a host."""
        host = str(super().clean(value)).strip("[]")
        if host and literal(host) is None and any(character in host for character in "/:@?# \t\\"):
            raise ValidationError("Only a host name or an IP address, without scheme, port or path.")
        return host


class CaPemField(forms.CharField):
    """Certificates of authorities, PEM."""

    widget = forms.Textarea

    def clean(self, value: Any) -> str:
        """Raises ValidationError when they cannot be read."""
        pem = str(super().clean(value))
        if pem:
            try:
                client_context(True, pem)
            except ValueError as error:
                raise ValidationError(f"These are {error}.") from None
        return pem


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


def _lines(value: Any) -> list[str]:
    return [line for line in str(value or "").splitlines() if line.strip()]


def _pair(line: str) -> tuple[str, str]:
    name, _, text = line.partition(":")
    return name.strip(), text.strip()
