"""`email`: through an SMTP server, one mail for each recipient."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, ClassVar

import aiosmtplib
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.mail import Mailbox, mail_of, mailbox, message_id
from monitoring.checks.probes.fields import CaPemField, HostField
from opsportal.http import HttpError, Zone, scrub
from opsportal.http.certificates import client_context
from opsportal.http.connection import Progress, connect

STARTTLS, TLS, NONE = "starttls", "tls", "none"
PORTS = {STARTTLS: 587, TLS: 465, NONE: 25}
SHORTER = (60_000, 10_000, 2_000)  # characters, for servers that announce a SIZE below the whole
PERMANENT_FROM = 500
CLOSING = 421  # the server as a whole does not want to
ABOUT_THIS_MAIL = (SMTPSenderRefused, SMTPRecipientRefused, SMTPDataError)  # greylisting, a full mailbox
TOO_LARGE = Sent(Outcome.PERMANENT, "The server takes no mail of this size, not even the shortest form.")


class EmailForm(KindForm):
    """The settings of an SMTP server."""

    secret_fields = frozenset({"password"})
    destination_fields = frozenset({"host", "port"})

    host = HostField(help_text="The SMTP server.")
    port = forms.IntegerField(required=False, min_value=1, max_value=65_535, help_text="Empty: 587, 465 or 25.")
    security = forms.ChoiceField(
        choices=[(STARTTLS, "STARTTLS"), (TLS, "TLS from the start"), (NONE, "None")], initial=STARTTLS
    )
    username = forms.CharField(required=False, max_length=250, help_text="Empty: no log-in.")
    password = forms.CharField(required=False, strip=False, widget=forms.PasswordInput)
    from_address = forms.CharField(max_length=320, help_text="Such as Opsportal <alerts@example.org>.")
    to = forms.CharField(
        required=False, max_length=320, help_text="Who is told when the channel itself is the target: one address."
    )
    helo_name = forms.CharField(
        required=False, max_length=253, help_text="Name given in EHLO. Empty: the domain of from_address."
    )
    timeout_s = forms.FloatField(min_value=1, max_value=60, initial=15, help_text="Of the whole conversation.")
    verify_tls = forms.BooleanField(required=False, initial=True, help_text="Refuse a certificate that is not valid.")
    ca_pem = CaPemField(required=False, help_text="PEM authorities to trust instead of the system's.")

    def clean_from_address(self) -> str:
        return self._mailbox("from_address")

    def clean_to(self) -> str:
        return self._mailbox("to")

    def clean_helo_name(self) -> str:
        name = str(self.cleaned_data["helo_name"])
        if any(not (sign.isascii() and (sign.isalnum() or sign in ".-[]:")) for sign in name):
            raise ValidationError("Only a host name.")
        return name

    def clean(self) -> dict[str, Any]:
        """A password without TLS would be sent in the clear."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("security") == NONE and data.get("password"):
            self.add_error("security", "A password would be sent in the clear. Choose STARTTLS or TLS.")
        if data.get("password") and not data.get("username"):
            self.add_error("username", "A password needs a user name.")
        return data

    def _mailbox(self, name: str) -> str:
        text = str(self.cleaned_data[name])
        if text:
            try:
                mailbox(text)
            except ValueError as error:
                raise ValidationError(f"This cannot be used: {error}.") from None
        return text


class EmailKind(ChannelKind):
    """A connection for each mail: alerts are few, and a kept connection is one more thing that is broken at 3 a.m."""

    kind = "email"
    description = "Sends mail through an SMTP server."
    icon = "mail"
    takes_addresses = True
    address_label = "E-mail address"
    timeout_s = 60.0
    SettingsForm: ClassVar[type[KindForm]] = EmailForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.security: str = settings["security"]
        self.port: int = settings.get("port") or PORTS[self.security]
        self.sender = mailbox(settings["from_address"])
        self.secrets = tuple(filter(None, (settings.get("password"),)))

    @classmethod
    def clean_address(cls, address: str) -> str:
        try:
            return mailbox(address.strip()).address
        except ValueError as error:
            raise forms.ValidationError(f"This cannot be used: {error}.") from None

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {self.settings['host']}:{self.port}"

    async def send(self, envelope: Envelope) -> Sent:
        """One conversation with the server."""
        to = envelope.address or self.settings.get("to") or ""
        if not to:
            return Sent(Outcome.PERMANENT, "The channel has no address of its own: give it one in `to`.")
        try:
            async with asyncio.timeout(self.settings["timeout_s"]):
                return await self._talk(envelope, mailbox(to))
        except TimeoutError:
            words = f"The server did not finish within {self.settings['timeout_s']:g} s."
            return Sent(Outcome.RETRY, words, endpoint_at_fault=True)
        except (SMTPException, HttpError, ssl.SSLError, OSError, ValueError) as error:
            return self._fault(error)

    async def _talk(self, envelope: Envelope, to: Mailbox) -> Sent:
        smtp = await self._connected()
        try:
            needs_utf8 = not (to.local.isascii() and self.sender.local.isascii())
            if needs_utf8 and not smtp.supports_extension("smtputf8"):
                return Sent(Outcome.PERMANENT, "The server takes only ASCII before the @ (no SMTPUTF8).")
            raw = self._fitting(envelope, to, _announced_size(smtp))
            if raw is None:
                return TOO_LARGE
            options = ["SMTPUTF8"] if needs_utf8 else []
            if smtp.supports_extension("size"):
                options.append(f"SIZE={len(raw)}")
            encoding = "utf-8" if needs_utf8 else "ascii"
            await smtp.mail(self.sender.address, options=options, encoding=encoding)
            await smtp.rcpt(to.address, encoding=encoding)
            answer = await smtp.data(raw)
            words = scrub(answer.message, self.secrets)[:2_000]
            return Sent(
                Outcome.DELIVERED,
                words,
                answer.code,
                provider_ref=message_id(f"mail {envelope.key}", self.sender.domain),
            )
        finally:
            smtp.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        host = self.settings["host"]
        sock, _, _ = await connect(host, self.port, Zone.CHECKS, Progress())
        smtp = aiosmtplib.SMTP(
            hostname=host,
            sock=sock,
            local_hostname=self.settings.get("helo_name") or self.sender.domain,
            use_tls=self.security == TLS,
            start_tls=self.security == STARTTLS,
            tls_context=None if self.security == NONE else self._tls(),
            username=self.settings.get("username") or None,
            password=self.settings.get("password") or None,
            timeout=self.settings["timeout_s"],
        )
        try:
            await smtp.connect()
            await smtp.ehlo()
        except BaseException:
            smtp.close()
            sock.close()
            raise
        return smtp

    def _tls(self) -> ssl.SSLContext:
        return client_context(self.settings.get("verify_tls", True), self.settings.get("ca_pem") or None)

    def _fitting(self, envelope: Envelope, to: Mailbox, most_bytes: int | None) -> bytes | None:
        for most_characters in SHORTER:
            raw = mail_of(envelope, self.sender, to, most_characters=most_characters).as_bytes()
            if most_bytes is None or len(raw) <= most_bytes:
                return raw
        return None

    def _fault(self, error: Exception) -> Sent:
        """A reply of 5xx is meant for good; 4xx, and no reply, is not."""
        if isinstance(error, SMTPResponseException):
            words = scrub(error.message, self.secrets)[:2_000]
            if error.code >= PERMANENT_FROM:
                return Sent(Outcome.PERMANENT, words, error.code)
            about_this_mail = isinstance(error, ABOUT_THIS_MAIL) and error.code != CLOSING
            return Sent(Outcome.RETRY, words, error.code, endpoint_at_fault=not about_this_mail)
        words = scrub(str(error) or type(error).__name__, self.secrets)[:2_000]
        if isinstance(error, SMTPNotSupported | UnicodeError):
            return Sent(Outcome.PERMANENT, words)
        blocked = isinstance(error, HttpError) and error.cause == "blocked"
        return Sent(Outcome.PERMANENT if blocked else Outcome.RETRY, words, endpoint_at_fault=not blocked)


def _announced_size(smtp: aiosmtplib.SMTP) -> int | None:
    said = str(smtp.esmtp_extensions.get("size", "")).strip()
    return int(said) or None if said.isdigit() else None
