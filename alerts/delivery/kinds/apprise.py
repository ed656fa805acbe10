"""`apprise`: any other service that the library apprise knows, by one of its URLs. https://github.com/caronc/apprise

Apprise connects by itself: the portal's address policy, its cap on answers and its refusal of redirects do not hold there. So a service
whose host the URL names is refused unless private addresses are allowed anyway, and services that act on this machine always are.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar
from urllib.parse import unquote

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cutting import cut_line
from alerts.delivery.rendering.short import short_text
from opsportal.http import Zone, scrub

ON_THIS_MACHINE = frozenset(
    {"syslog", "dbus", "qt", "kde", "glib", "gnome", "macosx", "windows", "blink1", "sendmail", "sms"}
)
TYPES = {"resolved": "success", "acknowledged": "info", "test": "info"}
AT_ONCE = 8  # a thread that hangs cannot be ended; those that wait for one are told that it is busy
FIRST_USE = threading.Lock()
OWN_HOST = (
    "apprise cannot hold to the portal's address policy, and the host of this service is in the URL: "
    "set WEBHOOKS_ALLOW_PRIVATE, or use another kind."
)


class AppriseForm(KindForm):
    """The settings of one service."""

    secret_fields = frozenset({"url"})

    url = forms.CharField(
        max_length=2_000, widget=forms.PasswordInput, help_text="Of one service, as apprise writes it: pover://…"
    )
    timeout_s = forms.FloatField(min_value=1, max_value=60, initial=15, help_text="After that it has failed.")

    def clean_url(self) -> str:
        """One service that apprise knows and that is not on this machine."""
        url = str(self.cleaned_data["url"])
        schema = url.partition("://")[0].lower()
        if not url.isprintable() or schema in ON_THIS_MACHINE:
            raise ValidationError("A service on the portal's own machine is not told from here.")
        if service(url) is None:
            raise ValidationError("apprise knows no such service; see github.com/caronc/apprise/wiki for its URLs.")
        return url


class AppriseKind(ChannelKind):
    kind = "apprise"
    description = "Any other service that the library apprise knows."
    icon = "hub"
    timeout_s = 60.0
    SettingsForm: ClassVar[type[KindForm]] = AppriseForm
    free: ClassVar[threading.Semaphore] = threading.Semaphore(AT_ONCE)

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.url: str = settings["url"]
        pieces = [
            unquote(piece) for piece in self.url.partition("://")[2].replace("@", "/").replace(":", "/").split("/")
        ]
        self.hidden = (self.url, *(piece for piece in pieces if len(piece) >= 6))

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {self.url.partition('://')[0].lower()}"

    async def send(self, envelope: Envelope) -> Sent:
        """Send once, in a thread that is left behind at the deadline."""
        if not self.free.acquire(blocking=False):
            return Sent(Outcome.RETRY, f"All {AT_ONCE} threads for apprise are waiting for services that hang.")
        done = self._begin(envelope)
        try:
            return await asyncio.wait_for(done, self.settings["timeout_s"])
        except TimeoutError:
            words = f"The service did not answer within {self.settings['timeout_s']:g} s."
            return Sent(Outcome.RETRY, words, endpoint_at_fault=True)

    def _begin(self, envelope: Envelope) -> asyncio.Future[Sent]:
        """Start the thread: a daemon, so that one that hangs does not keep the process from ending."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Sent] = loop.create_future()

        def tell(sent: Sent) -> None:
            if not done.done():
                done.set_result(sent)

        def work() -> None:
            sent = self._notify(envelope)
            with suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(tell, sent)

        threading.Thread(target=work, name="apprise", daemon=True).start()
        return done

    def _notify(self, envelope: Envelope) -> Sent:
        try:
            return self._sent(envelope)
        except Exception as error:  # a plugin of apprise may raise anything
            words = scrub(f"{type(error).__name__}: {error}", self.hidden)[:2_000]
            return Sent(Outcome.RETRY, words, endpoint_at_fault=True)
        finally:
            self.free.release()

    def _sent(self, envelope: Envelope) -> Sent:
        found = service(self.url)
        if found is None:
            return Sent(Outcome.PERMANENT, "apprise knows no such service any more.")
        if names_its_host(found) and not Zone.WEBHOOKS.allows_private:
            return Sent(Outcome.PERMANENT, OWN_HOST)
        told = envelope.message
        title, body = fitting(envelope, found)
        kind = TYPES.get(told.kind, "failure" if told.severity in {"critical", "error"} else "warning")
        with own_log() as said:
            taken = found.notify(body=body, title=title, notify_type=kind, body_format="text")
        words = scrub("; ".join(said), self.hidden)[:2_000]
        if taken:
            return Sent(Outcome.DELIVERED, words or "taken")
        return Sent(Outcome.RETRY, words or "apprise says only that it was not taken.", endpoint_at_fault=True)


def service(url: str) -> Any:
    """Apprise's object for a URL; None when it knows no such service."""
    with FIRST_USE:  # it loads its plugins on first use
        import apprise

        asset = apprise.AppriseAsset(
            interpret_emojis=False, interpret_escapes=False, plugin_paths=[], storage_path=None
        )
        return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def names_its_host(found: Any) -> bool:
    """Whether whoever writes the URL says which host is connected to."""
    return any("{host}" in template for template in found.templates)


def fitting(envelope: Envelope, found: Any) -> tuple[str, str]:
    """Title and body within what the service takes; apprise itself would cut without saying so."""
    told = envelope.message
    title = "" if found.title_maxlen <= 0 else cut_line(parts.title(told), found.title_maxlen)
    room = found.body_maxlen - (found.title_maxlen if found.overflow_amalgamate_title else 0)
    whole_title = title == parts.title(told)
    body = short_text(told, max(room, 40), answer_url=envelope.answer_url, with_title=not whole_title)
    return title, body or parts.title(told)


@contextmanager
def own_log() -> Iterator[list[str]]:
    """What apprise logs on this thread: the only place where it says why."""
    said: list[str] = []
    thread = threading.get_ident()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread and len(said) < 10:
                said.append(record.getMessage()[:500])

    handler = Handler(logging.WARNING)
    logger = logging.getLogger("apprise")
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)
