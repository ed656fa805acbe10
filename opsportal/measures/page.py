"""`/metrics`: what the portal measured of itself, for a scrape."""

import logging
import platform

import django
import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.exceptions import APIException

from opsportal.api.programs import admitted
from opsportal.compressing import packed
from opsportal.measures import flushing
from opsportal.measures.reading import Shown, read
from opsportal.measures.writing import content_type, written
from opsportal.version import version

PERMISSION = "metrics.view_series"
UP = "opsportal_dependency_up"

log = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """200, text or OpenMetrics as the Accept header wants. 401 and 403 in a line of text."""
    if not settings.METRICS_PAGE_OPEN:
        try:
            admitted(request, PERMISSION)
        except APIException as error:
            return refused(error)
    kind = content_type(request.META.get("HTTP_ACCEPT", ""))
    families = [*collected(), _build()]
    return packed(request, written(sorted(families, key=lambda one: one.name), kind), kind)


def collected() -> list[Shown]:
    """This process's measures are as fresh as the scrape, those of others a second old."""
    up = Shown(UP, "gauge", "Whether what the portal stands on answered during this scrape.")
    up.values['dependency="postgresql"'] = "1" if _database_answers() else "0"
    families: list[Shown] = []
    flushing.flush()
    try:
        families = read(flushing.client())
        up.values['dependency="valkey"'] = "1"
    except (redis.RedisError, OSError) as error:
        log.warning("/metrics shows next to nothing: Valkey does not answer (%s).", type(error).__name__)
        up.values['dependency="valkey"'] = "0"
    return [*families, up]


def refused(error: APIException) -> HttpResponse:
    answer = HttpResponse(f"{error.detail}\n", status=error.status_code, content_type="text/plain; charset=utf-8")
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    return answer


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _build() -> Shown:
    labels = f'django="{django.__version__}",python="{platform.python_version()}",version="{version()}"'
    return Shown("opsportal_build_info", "gauge", "1, labelled with the versions of what runs.", {labels: "1"})
