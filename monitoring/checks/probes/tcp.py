"""`tcp`: opens a connection, says something if asked to, and waits for the expected words."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes import fields, net
from monitoring.checks.probes.assertions import shown
from monitoring.checks.probes.base import Context, Json, Probe, ProbeForm, Result, Unit, Value
from monitoring.checks.probes.deadline import own_budget_s
from monitoring.checks.probes.streams import Stream, open_stream
from opsportal.http import HttpError, scrub
from opsportal.http.certificates import client_context, peer_certificate
from opsportal.http.connection import Phase, where

MAX_ANSWER_BYTES = 65_536
EVIDENCE_CHARACTERS = 2_048
ESCAPES = {"\\r": "\r", "\\n": "\n", "\\t": "\t", "\\0": "\0", "\\\\": "\\"}


class TcpForm(ProbeForm):
    """The settings of a `tcp` check."""

    secret_fields = frozenset({"send"})
    destination_fields = frozenset({"host", "port"})

    host = fields.HostField()
    port = forms.IntegerField(min_value=1, max_value=65_535)
    tls = forms.BooleanField(required=False, initial=False, help_text="Shake hands for TLS after connecting.")
    verify_tls = forms.BooleanField(required=False, initial=True, help_text="Refuse a certificate that is not valid.")
    server_name = fields.HostField(required=False, help_text="Name to ask for in TLS; empty: the host.")
    ca_pem = fields.CaPemField(required=False, help_text="PEM authorities to trust instead of the system's.")
    send = forms.CharField(
        required=False, strip=False, help_text=r"Sent after connecting; \r \n \t \0 \\ are understood. Stored sealed."
    )
    expect = forms.CharField(
        required=False, strip=False, help_text=r"Text the peer's answer must hold; \r \n \t \0 \\ are understood."
    )

    def clean(self) -> dict[str, Any]:
        """The escapes must be known ones."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("send", "expect"):
            try:
                unescaped(data.get(name) or "")
            except ValueError as error:
                self.add_error(name, ValidationError(str(error)))
        return data


class TcpProbe(Probe):
    """See the module's docstring."""

    kind = "tcp"
    description = "Opens a TCP connection, optionally with TLS, sends a text and waits for the expected answer."
    icon = "lan"
    SettingsForm: ClassVar[type[ProbeForm]] = TcpForm
    values: ClassVar[Mapping[str, Value]] = {
        "total_seconds": net.TOTAL_SECONDS,
        "dns_seconds": net.DNS_SECONDS,
        "connect_seconds": net.CONNECT_SECONDS,
        "tls_seconds": net.TLS_SECONDS,
        "answer_seconds": Value("Answer time", Unit.SECONDS, "From sending to the expected words; absent without any."),
        "certificate_days_left": net.DAYS_LEFT,
    }
    default_thresholds = (net.EXPIRY_THRESHOLD._replace(down=None),)

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.send = unescaped(settings["send"]).encode()
        self.expect = unescaped(settings["expect"]).encode()
        self.tls = client_context(settings["verify_tls"], settings["ca_pem"] or None) if settings["tls"] else None
        self.where = where(settings["host"], settings["port"])

    async def run(self, context: Context) -> Result:
        """Ask once."""
        started = perf_counter()
        limit_s = own_budget_s(context.timeout_s)
        settings = self.settings
        values: dict[str, float] = {}
        try:
            async with open_stream(
                settings["host"],
                settings["port"],
                context=self.tls,
                server_name=settings["server_name"],
                timeout_s=limit_s,
            ) as stream:
                values |= _opening(stream, context)
                result = await self._talk(stream, values)
        except HttpError as error:
            return net.fault(error, values=values)
        values["total_seconds"] = perf_counter() - started
        return result

    async def _talk(self, stream: Stream, values: dict[str, float]) -> Result:
        if self.send:
            stream.transport.write(self.send)
        if not self.expect:
            words = f"{self.where} accepts connections ({net.milliseconds(stream.connect_s)})"
            return Result(Status.UP, words, Cause.NONE, values)
        stream.progress.phase = Phase.WAITING
        started = perf_counter()
        answer, ended = await _read_until(self.expect, stream)
        if self.expect in answer:
            values["answer_seconds"] = perf_counter() - started
            words = f"{self.where} answered as expected in {net.milliseconds(values['answer_seconds'])}"
            return Result(Status.UP, words, Cause.NONE, values)
        return self._wrong(answer, ended, values)

    def _wrong(self, answer: bytes, ended: str, values: dict[str, float]) -> Result:
        expected = shown(self.settings["expect"])
        sent = unescaped(self.settings["send"])
        text = scrub(answer.decode(errors="replace"), [sent, sent.strip(), *sent.split()])  # a server may quote a word
        evidence = {"answer": text[:EVIDENCE_CHARACTERS]}
        if not answer:
            words = f"{self.where} {ended} the connection without an answer; expected {expected}"
            return Result(Status.DOWN, words, Cause.RESET, values, evidence)
        cause = Cause.TOO_LARGE if len(answer) > MAX_ANSWER_BYTES else Cause.UNEXPECTED
        words = f"Expected {expected} from {self.where}, got {shown(text)}"
        return Result(Status.DOWN, words, cause, values, evidence)


def unescaped(text: str) -> str:
    r"""`"PING\r\n"` as typed in a form, with its escapes made real. Raises ValueError on one that is not known."""
    parts, position = [], 0
    while (slash := text.find("\\", position)) >= 0:
        escape = text[slash : slash + 2]
        if escape not in ESCAPES:
            raise ValueError(f"{escape} is not understood; the escapes are {' '.join(ESCAPES)}.")
        parts += [text[position:slash], ESCAPES[escape]]
        position = slash + 2
    return "".join(parts) + text[position:]


async def _read_until(expected: bytes, stream: Stream) -> tuple[bytes, str]:
    """What came until `expected` was there, the peer closed or it became too much; and how it ended, in a word."""
    answer = b""
    while expected not in answer and len(answer) <= MAX_ANSWER_BYTES:
        try:
            piece = await stream.reader.read(MAX_ANSWER_BYTES)
        except OSError:
            return answer, "reset"
        if not piece:
            return answer, "closed"
        answer += piece
        stream.progress.received = len(answer)
        stream.progress.phase = Phase.READING
    return answer, ""


def _opening(stream: Stream, context: Context) -> dict[str, float]:
    """The values of opening the connection; steps that were not needed are absent."""
    values = {"connect_seconds": stream.connect_s}
    if stream.dns_s:
        values["dns_seconds"] = stream.dns_s
    ssl_object = stream.transport.get_extra_info("ssl_object")
    if ssl_object:
        values["tls_seconds"] = stream.tls_s
        certificate = peer_certificate(ssl_object)
        if certificate:
            values["certificate_days_left"] = certificate.days_left(context.now)
    return values
