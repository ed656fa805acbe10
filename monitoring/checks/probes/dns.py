"""`dns`: asks for the records of a name, at a chosen resolver or the system's, and compares them with what is
expected."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any, ClassVar

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver
from django import forms
from django.core.exceptions import ValidationError

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes import fields, net
from monitoring.checks.probes.base import Context, Json, Probe, ProbeForm, Result, Threshold, Unit, Value
from monitoring.checks.probes.deadline import own_budget_s
from monitoring.checks.probes.records import RECORD_TYPES, listed, mismatch, normalised
from opsportal.http import Zone
from opsportal.http.connection import blocked
from opsportal.http.policy import literal, objection

MATCHES = {"exact": "Exactly these records", "contains": "At least these records"}


class DnsForm(ProbeForm):
    """The settings of a `dns` check."""

    name = forms.CharField(max_length=253, help_text="The name to look up.")
    record_type = forms.ChoiceField(choices=[(kind, kind) for kind in RECORD_TYPES], initial="A")
    resolver = fields.HostField(required=False, help_text="IP address of the DNS server to ask; empty: the system's.")
    resolver_port = forms.IntegerField(min_value=1, max_value=65_535, initial=53)
    expected = fields.LinesField(
        required=False, help_text="One record a line, as in `10 mail.example.org`; empty: any."
    )
    match = forms.ChoiceField(choices=list(MATCHES.items()), initial="exact", help_text="How the records are compared.")

    def clean_name(self) -> str:
        """A name that can be asked for."""
        try:
            dns.name.from_text(self.cleaned_data["name"])
        except (dns.exception.DNSException, UnicodeError):
            raise ValidationError("This is not a name that DNS knows: labels of at most 63 characters.") from None
        return str(self.cleaned_data["name"])

    def clean_resolver(self) -> str:
        """A DNS server is named by its address."""
        address = str(self.cleaned_data["resolver"])
        if address and literal(address) is None:
            raise ValidationError("Give the DNS server as an IP address.")
        return address


class DnsProbe(Probe):
    """See the module's docstring."""

    kind = "dns"
    description = "Looks up the records of a name and compares them with what is expected."
    icon = "dns"
    default_interval_s = 60
    SettingsForm: ClassVar[type[ProbeForm]] = DnsForm
    values: ClassVar[Mapping[str, Value]] = {
        "lookup_seconds": Value("Look-up time", Unit.SECONDS, "From the question to the answer."),
        "records": Value("Records", Unit.COUNT, "In the answer."),
        "ttl_seconds": Value("Time to live", Unit.SECONDS, "What the answer says it may be kept for."),
    }
    default_thresholds = (Threshold("lookup_seconds", Comparator.ABOVE, degraded=1),)

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.record_type: str = settings["record_type"]
        self.name: str = settings["name"].rstrip(".")
        self.question = dns.name.from_text(settings["name"])
        self.expected = [normalised(record, self.record_type) for record in settings["expected"]]
        self.chosen: str = settings["resolver"]
        self.resolver = _resolver(self.chosen, settings["resolver_port"])
        self.server = self.chosen or "the system's DNS server"

    async def run(self, context: Context) -> Result:
        """Ask once."""
        reason = objection(self.chosen, Zone.CHECKS) if self.chosen else ""
        if reason:
            return net.fault(blocked(self.chosen, self.chosen, reason))
        limit_s, started = own_budget_s(context.timeout_s), perf_counter()
        try:
            answer = await self.resolver.resolve(
                self.question, self.record_type, lifetime=limit_s, search=False, raise_on_no_answer=False
            )
        except dns.exception.DNSException as error:
            return self._fault(error, limit_s, perf_counter() - started)
        return self._judged(answer, perf_counter() - started)

    def _judged(self, answer: dns.resolver.Answer, took_s: float) -> Result:
        found = sorted(normalised(record.to_text(), self.record_type) for record in answer.rrset or ())
        values = {"lookup_seconds": took_s, "records": float(len(found))}
        if not found:
            words = f"{self.name} has no {self.record_type} record, says {self.server}"
            return Result(Status.DOWN, words, Cause.MISSING, values)
        values["ttl_seconds"] = float(answer.rrset.ttl) if answer.rrset else 0.0
        evidence = {"server": self.server, "records": found}
        wrong = mismatch(found, self.expected, self.settings["match"]) if self.expected else ""
        if wrong:
            words = f"{self.record_type} of {self.name} is {listed(found)}: {wrong}"
            return Result(Status.DOWN, words, Cause.UNEXPECTED, values, evidence)
        words = f"{self.record_type} of {self.name} is {listed(found)} ({net.milliseconds(took_s)})"
        return Result(Status.UP, words, Cause.NONE, values, evidence)

    def _fault(self, error: dns.exception.DNSException, limit_s: float, took_s: float) -> Result:
        if isinstance(error, dns.exception.Timeout):
            words = f"{self.server} did not answer for {self.name} within {limit_s:.3g} s"
            return Result(Status.DOWN, words, Cause.TIMEOUT)
        values = {"lookup_seconds": took_s}
        if isinstance(error, dns.resolver.NXDOMAIN):
            words = f"{self.name} does not exist (NXDOMAIN), says {self.server}"
            return Result(Status.DOWN, words, Cause.DNS, values)
        if isinstance(error, dns.resolver.NoNameservers):
            return self._refused(error, values)
        words = f"The answer for {self.name} from {self.server} cannot be understood ({type(error).__name__})"
        return Result(Status.DOWN, words, Cause.PROTOCOL, values)

    def _refused(self, error: dns.resolver.NoNameservers, values: dict[str, float]) -> Result:
        """No server gave an answer that counts; the last one's reason decides the words."""
        attempts: list[Any] = error.kwargs.get("errors", [])
        reason = attempts[-1][3] if attempts else ""
        if isinstance(reason, ConnectionRefusedError):
            return Result(Status.DOWN, f"{self.server} refuses DNS connections", Cause.REFUSED, values)
        if isinstance(reason, OSError):
            return Result(Status.DOWN, f"{self.server} cannot be reached", Cause.UNREACHABLE, values)
        if isinstance(reason, Exception):
            words = f"{self.server} sent an answer for {self.name} that is not DNS"
            return Result(Status.DOWN, words, Cause.PROTOCOL, values)
        words = f"{self.server} failed to look up {self.name} ({reason or 'no answer'})"
        return Result(Status.DOWN, words, Cause.DNS, values)


def _resolver(server: str, port: int) -> dns.asyncresolver.Resolver:
    """A resolver that keeps nothing and asks `server`, or whom the system asks."""
    try:
        resolver = dns.asyncresolver.Resolver(configure=not server)
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.cache = None
    if server:
        resolver.nameservers = [server]
        resolver.port = port
    return resolver
