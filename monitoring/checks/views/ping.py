"""The door of heartbeats: `GET|POST|HEAD /ping/<key>[/start|/fail|/log|/<exit code>]`, as Healthchecks speaks it."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from monitoring.checks.choices import PingKind
from monitoring.checks.heartbeats.actions import Caller, ping_store
from monitoring.checks.models import HeartbeatKey
from opsportal.addresses import client_address

CHUNK_BYTES = 65_536
HIGHEST_EXIT_CODE = 255


class BadPingError(ValueError):
    """The address was understood, what it says was not."""


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ping(request: HttpRequest, key: UUID, word: str = "", exit_code: int | None = None) -> HttpResponse:
    """Store a ping and answer OK once it is committed. An unknown key is 404, a wrong exit code or run id 400."""
    try:
        kind = _kind(word, exit_code)
        run_id = _run_id(request)
        ping_store(key=key, kind=kind, caller=_caller(request), now=timezone.now(), run_id=run_id, exit_code=exit_code)
    except BadPingError as error:
        return HttpResponseBadRequest(f"{error}\n", content_type="text/plain; charset=utf-8")
    except HeartbeatKey.DoesNotExist:
        raise Http404("No check has this address.") from None
    return HttpResponse(
        "OK",
        content_type="text/plain; charset=utf-8",
        headers={"Ping-Body-Limit": str(settings.HEARTBEAT_BODY_LIMIT_BYTES)},
    )


def _kind(word: str, exit_code: int | None) -> PingKind:
    if exit_code is None:
        return PingKind(word) if word else PingKind.SUCCESS
    if exit_code > HIGHEST_EXIT_CODE:
        raise BadPingError(f"exit code: {exit_code} is out of range; use 0 to {HIGHEST_EXIT_CODE}.")
    return PingKind.FAIL if exit_code else PingKind.SUCCESS


def _run_id(request: HttpRequest) -> UUID | None:
    text = request.GET.get("rid")
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise BadPingError("rid: not a UUID; leave it out, or send one UUID a run.") from None


def _caller(request: HttpRequest) -> Caller:
    body, size = _body(request)
    return Caller(
        method=request.method or "GET",
        remote_address=client_address(request) or None,
        user_agent=request.headers.get("User-Agent", "").replace("\x00", ""),
        body=body,
        body_size=size,
    )


def _body(request: HttpRequest) -> tuple[bytes, int]:
    """The first bytes of the body, up to the limit, and the size of all of it."""
    limit = settings.HEARTBEAT_BODY_LIMIT_BYTES
    kept, size = b"", 0
    while chunk := request.read(CHUNK_BYTES):
        kept += chunk[: limit - len(kept)]
        size += len(chunk)
    return kept, size
