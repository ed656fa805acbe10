"""Certificates made for one test run: an authority of our own, and what it issues."""

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, and the certificates to send after it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server_context(self, maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> ssl.SSLContext:
        """What a TLS server of this identity uses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = maximum
        plain = serialization.NoEncryption()
        key = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        certificates = [link.public_bytes(serialization.Encoding.PEM) for link in (self.certificate, *self.chain)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "identity.pem"
            path.write_bytes(key + b"".join(certificates))
            context.load_cert_chain(path)
        return context


@cache
def authority(name: str = "Opsportal Test CA") -> Identity:
    """An authority; made once a run."""
    return _signed(name, (), None, days_before=3650, days_left=3650, is_authority=True)


def issued(
    *names: str, days_left: float = 90, days_before: float = 30, by: Identity | None = None, is_authority: bool = False
) -> Identity:
    """A certificate for `names` (the first is its common name), signed by `by`, our authority by default."""
    signer = by or authority()
    return _signed(names[0], names, signer, days_before=days_before, days_left=days_left, is_authority=is_authority)


def self_signed(*names: str, days_left: float = 90) -> Identity:
    """A certificate that vouches for itself."""
    return _signed(names[0], names, None, days_before=30, days_left=days_left, is_authority=False)


def _signed(
    common: str,
    names: tuple[str, ...],
    signer: Identity | None,
    *,
    days_before: float,
    days_left: float,
    is_authority: bool,
) -> Identity:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - days_before * DAY)
        .not_valid_after(now + days_left * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
    certificate = builder.sign(signer.key if signer else key, hashes.SHA256())
    return Identity(certificate, key)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
