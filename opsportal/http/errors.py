"""The one exception of this door, and the words for what the system calls an OSError. Nothing here ever holds a
secret."""

import errno
import os
import socket
import ssl
from collections.abc import Iterable
from enum import StrEnum

from opsportal.http.redact import scrub


class Fault(StrEnum):
    """Why a call failed: one stable word."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    DNS = "dns"
    TLS = "tls"
    CERTIFICATE = "certificate"
    BLOCKED = "blocked"
    TOO_LARGE = "too_large"
    PROTOCOL = "protocol"


class HttpError(Exception):
    """A call that brought no answer.

    `message` is one redacted sentence for people; `redirects` counts those followed before; `verify_code` is OpenSSL's
    X509_V_ERR_* where the cause is a certificate; `own_fault`: this machine ran out of something, so nothing is known of
    the other side.
    """

    def __init__(self, cause: str, message: str, *, verify_code: int = 0, own_fault: bool = False) -> None:
        super().__init__(message)
        self.cause = Fault(cause)
        self.message = message
        self.redirects = 0
        self.verify_code = verify_code
        self.own_fault = own_fault

    def redacted(self, secrets: Iterable[str], redirects: int) -> "HttpError":
        """Itself, with a message that may be shown."""
        self.message = scrub(self.message, secrets)
        self.args = (self.message,)
        self.redirects = redirects
        return self


UNREACHABLE = {
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.EHOSTDOWN,
    errno.EACCES,
}
OWN_FAULTS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
RESET = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN}
CERTIFICATE_WORDS = {
    10: "it has expired",
    9: "it is not valid yet",
    18: "it is self-signed",
    19: "its chain ends in a self-signed certificate that is not trusted",
    20: "its issuer is not trusted or an intermediate certificate is missing",
    21: "an intermediate certificate is missing",
    62: "it is for another host name",
    64: "it is for another address",
}


def connect_error(error: OSError, where: str) -> HttpError:
    """What an OSError while connecting to `where` ("10.0.0.1:80") means."""
    if error.errno == errno.ECONNREFUSED:
        return HttpError(Fault.REFUSED, f"Connection refused by {where}")
    if error.errno == errno.ETIMEDOUT:
        return HttpError(Fault.TIMEOUT, f"{where} did not accept the connection: the network gave up")
    if error.errno in OWN_FAULTS:
        message = f"The portal itself could not open a connection to {where}: {_reason(error)}"
        return HttpError(Fault.UNREACHABLE, message, own_fault=True)
    if error.errno in RESET:
        return HttpError(Fault.RESET, f"Connection reset by {where} while connecting")
    if error.errno in UNREACHABLE:
        return HttpError(Fault.UNREACHABLE, f"{where} cannot be reached: {_reason(error)}")
    return HttpError(Fault.UNREACHABLE, f"Cannot connect to {where}: {_reason(error)}")


def tls_error(error: Exception, host: str, where: str) -> HttpError:
    """What went wrong in the TLS handshake with `host` at `where`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = CERTIFICATE_WORDS.get(error.verify_code, error.verify_message or "it was not accepted")
        message = f"The certificate of {host} is not valid: {words}"
        return HttpError(Fault.CERTIFICATE, message, verify_code=error.verify_code)
    if isinstance(error, ssl.SSLError):
        if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}:
            return HttpError(Fault.TLS, f"{where} does not speak TLS")
        reason = (error.reason or "handshake failed").lower().replace("_", " ")
        return HttpError(Fault.TLS, f"TLS handshake with {where} failed: {reason}")
    return HttpError(Fault.RESET, f"{where} closed the connection during the TLS handshake")


def stream_error(error: Exception | None, where: str, phase: str) -> HttpError:
    """What a connection lost in the middle of an exchange means; `phase` as in "before it answered"."""
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "failure").lower().replace("_", " ")
        return HttpError(Fault.TLS, f"TLS with {where} failed {phase}: {reason}")
    verb = "closed" if error is None else "reset"
    return HttpError(Fault.RESET, f"{where} {verb} the connection {phase}")


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno is None:
        return type(error).__name__
    return os.strerror(error.errno).lower()
