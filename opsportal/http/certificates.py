"""What a TLS peer showed: its certificate in plain words, and the contexts to ask it with."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """A certificate and, for a peer's own, what was agreed in the handshake. Times are UTC; `names` are DNS names and
    addresses."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    serial: str
    self_signed: bool
    protocol: str = ""  # "TLSv1.3"
    cipher: str = ""

    def days_left(self, now: datetime) -> float:
        """Days until it expires, negative once it has."""
        return (self.not_after - now).total_seconds() / 86_400


def peer_certificate(ssl_object: Any) -> PeerCertificate | None:
    """The peer's certificate and session of an `ssl.SSLObject`, valid or not."""
    der = ssl_object.getpeercert(binary_form=True)
    if not der:
        return None
    return described(der, ssl_object.version() or "", (ssl_object.cipher() or ("",))[0])


def chain_of(ssl_object: Any) -> list[bytes]:
    """The certificates the peer sent, its own first, as DER."""
    inner = getattr(ssl_object, "_sslobj", None)  # public as SSLObject.get_unverified_chain only from Python 3.13 on
    get_chain = getattr(ssl_object, "get_unverified_chain", None) or getattr(inner, "get_unverified_chain", None)
    if get_chain is None:
        return [ssl_object.getpeercert(binary_form=True)]
    return [
        item if isinstance(item, bytes) else ssl.PEM_cert_to_DER_cert(item.public_bytes()) for item in get_chain() or ()
    ]


@lru_cache(maxsize=2048)
def described(der: bytes, protocol: str = "", cipher: str = "") -> PeerCertificate:
    """A DER certificate in plain words."""
    certificate = x509.load_der_x509_certificate(der)
    return PeerCertificate(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        names=_names(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        serial=f"{certificate.serial_number:x}",
        self_signed=certificate.subject == certificate.issuer,
        protocol=protocol,
        cipher=cipher,
    )


@lru_cache(maxsize=256)
def client_context(verify: bool = True, ca_pem: str | None = None) -> ssl.SSLContext:
    """A client context: TLS 1.2 or newer, system trust or only `ca_pem`; `verify` False accepts any certificate.
    Raises ValueError."""
    try:
        context = ssl.create_default_context(cadata=ca_pem or None)
    except (ssl.SSLError, ValueError):
        raise ValueError("not PEM certificates that can be read") from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _name(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return f"CN={common[0].value!s}" if common else name.rfc4514_string()


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    dns = names.get_values_for_type(x509.DNSName)
    return (*dns, *(str(address) for address in names.get_values_for_type(x509.IPAddress)))
