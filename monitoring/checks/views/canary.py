"""The door of canary pages: `/canary/<signed nonce>`."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from monitoring.checks.canary import nonce_of

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
    "<title>Canary</title></head><body><main><h1>Canary</h1><p>{}</p></main></body></html>"
)


@login_not_required
@never_cache
@require_safe
def canary(request: HttpRequest, signed: str) -> HttpResponse:
    """A page that shows the nonce, to whoever has its address, for ten minutes."""
    nonce = nonce_of(signed)
    if nonce is None:
        raise Http404("This canary was not sent out by this portal, or is too old.")
    return HttpResponse(format_html(PAGE, nonce))
