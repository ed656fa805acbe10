"""`tls`: shakes hands and judges the certificate: chain, names, days left, protocol version.

When the verified handshake fails, a second one that verifies nothing is made, so that what is wrong can be named:
whose certificate it is, for which names, and when it expired.
"""

import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from time import perf_counter
from typing import ClassVar

from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes import fields, net
from monitoring.checks.probes.base import Context, Json, Probe, ProbeForm, Result, Unit, Value
from monitoring.checks.probes.deadline import own_budget_s
from monitoring.checks.probes.streams import Stream, open_stream
from opsportal.http import Fault, HttpError, PeerCertificate
from opsportal.http.certificates import chain_of, described, peer_certificate

PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")  # the weakest first
SELF_SIGNED, WRONG_NAME, WRONG_ADDRESS = 18, 62, 64  # OpenSSL's X509_V_ERR_*
SHOWN_NAMES = 5


class TlsForm(ProbeForm):
    """The settings of a `tls` check."""

    host = fields.HostField()
    port = forms.IntegerField(min_value=1, max_value=65_535, initial=443)
    server_name = fields.HostField(required=False, help_text="Name to ask for and to find in it; empty: the host.")
    ca_pem = fields.CaPemField(required=False, help_text="PEM authorities to trust instead of the system's.")
    minimum_protocol = forms.ChoiceField(
        choices=[(name, name) for name in PROTOCOLS], initial="TLSv1.2", help_text="An older one is down."
    )


@dataclass(slots=True)
class Handshake:
    """What one handshake showed; `verify_code` is OpenSSL's, 0 when the chain and the name are right."""

    stream_address: str
    dns_s: float
    connect_s: float
    tls_s: float
    certificate: PeerCertificate | None
    chain: list[PeerCertificate]
    verify_code: int = 0
    verify_words: str = ""


class TlsProbe(Probe):
    """See the module's docstring."""

    kind = "tls"
    description = "Shakes hands and judges the certificate: chain, host name, days left, protocol version."
    icon = "verified_user"
    default_interval_s = 300
    SettingsForm: ClassVar[type[ProbeForm]] = TlsForm
    values: ClassVar[Mapping[str, Value]] = {
        "certificate_days_left": net.DAYS_LEFT,
        "chain_days_left": Value("Chain days left", Unit.DAYS, "Of the certificate in the chain that expires first."),
        "certificate_valid": Value("Certificate valid", Unit.BOOLEAN, "1: trusted, in time and for this host name."),
        "dns_seconds": net.DNS_SECONDS,
        "connect_seconds": net.CONNECT_SECONDS,
        "tls_seconds": net.TLS_SECONDS,
    }
    default_thresholds = (net.EXPIRY_THRESHOLD, net.EXPIRY_THRESHOLD._replace(value="chain_days_left"))

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.name: str = (settings["server_name"] or settings["host"]).rstrip(".")
        self.floor: str = settings["minimum_protocol"]
        self.ca_pem: str | None = settings["ca_pem"] or None

    async def run(self, context: Context) -> Result:
        """Ask once; twice when the first handshake is not verified."""
        started, limit_s = perf_counter(), own_budget_s(context.timeout_s)
        try:
            seen = await self._shake(tolerant_context(self.ca_pem, verify=True), limit_s)
        except HttpError as error:
            if error.cause != Fault.CERTIFICATE:
                return net.fault(error)
            left_s = max(0.01, limit_s - (perf_counter() - started))
            try:
                seen = await self._shake(tolerant_context(None, verify=False), left_s)
            except HttpError:
                return net.fault(error)
            seen.verify_code, seen.verify_words = error.verify_code, error.message
        return self._judged(seen, context.now)

    async def _shake(self, tls: ssl.SSLContext, timeout_s: float) -> Handshake:
        host, port = self.settings["host"], self.settings["port"]
        async with open_stream(host, port, context=tls, server_name=self.name, timeout_s=timeout_s) as stream:
            return _seen(stream)

    def _judged(self, seen: Handshake, now: datetime) -> Result:
        certificate = seen.certificate
        if certificate is None:
            return Result(Status.DOWN, f"{seen.stream_address} shows no certificate", Cause.CERTIFICATE)
        values, evidence = _values(seen, certificate, now), _evidence(seen, certificate)
        days = certificate.days_left(now)
        if seen.verify_code or days < 0:
            words = self._fault_words(seen, certificate, now)
            return Result(Status.DOWN, words, Cause.CERTIFICATE, values, evidence)
        if PROTOCOLS.index(certificate.protocol) < PROTOCOLS.index(self.floor):
            words = f"{seen.stream_address} speaks {certificate.protocol} at best, {self.floor} is the least allowed"
            return Result(Status.DOWN, words, Cause.TLS, values, evidence)
        words = f"Certificate valid for {days:.0f} more days ({certificate.subject}, {certificate.protocol})"
        return Result(Status.UP, words, Cause.NONE, values, evidence)

    def _fault_words(self, seen: Handshake, certificate: PeerCertificate, now: datetime) -> str:
        days, subject = certificate.days_left(now), certificate.subject
        if days < 0:
            return f"Certificate expired {_days(-days)} ago ({subject})"
        if certificate.not_before > now:
            return f"Certificate is not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC ({subject})"
        left = f"{_days(days)} left"
        if seen.verify_code in {WRONG_NAME, WRONG_ADDRESS}:
            names = ", ".join(certificate.names[:SHOWN_NAMES]) or subject
            return f"Certificate is for {names}, not for {self.name}; {left}"
        if seen.verify_code == SELF_SIGNED:
            return f"Certificate is self-signed ({subject}); {left}"
        return f"{seen.verify_words} ({subject}, issued by {certificate.issuer}; {left})"


@lru_cache(maxsize=64)
def tolerant_context(ca_pem: str | None, *, verify: bool) -> ssl.SSLContext:
    """A context that agrees on old protocols too, so that a weak peer can be named instead of only refused."""
    context = ssl.create_default_context(cadata=ca_pem)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _seen(stream: Stream) -> Handshake:
    ssl_object = stream.transport.get_extra_info("ssl_object")
    return Handshake(
        stream_address=stream.progress.where,
        dns_s=stream.dns_s,
        connect_s=stream.connect_s,
        tls_s=stream.tls_s,
        certificate=peer_certificate(ssl_object),
        chain=[described(der) for der in chain_of(ssl_object)],
    )


def _values(seen: Handshake, certificate: PeerCertificate, now: datetime) -> dict[str, float]:
    values = {
        "certificate_days_left": certificate.days_left(now),
        "chain_days_left": min(link.days_left(now) for link in [certificate, *seen.chain]),
        "certificate_valid": 0.0 if seen.verify_code else 1.0,
        "connect_seconds": seen.connect_s,
        "tls_seconds": seen.tls_s,
    }
    return values | ({"dns_seconds": seen.dns_s} if seen.dns_s else {})


def _evidence(seen: Handshake, certificate: PeerCertificate) -> dict[str, Json]:
    return {
        "address": seen.stream_address,
        "protocol": certificate.protocol,
        "cipher": certificate.cipher,
        "chain": [net.certificate_evidence(link) for link in seen.chain],
    }


def _days(days: float) -> str:
    if days < 1:
        hours = int(days * 24)
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{days:.0f} day{'' if round(days) == 1 else 's'}"
