"""`/api/v2/status`, `/api/v2/receivers`, `/-/healthy`, `/-/ready`, and version 1 of the API, which is over."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from alerts.delivery.messages import iso
from alerts.incidents.doors.alertmanager.door import AlertmanagerDoor
from alerts.incidents.doors.answers import said
from alerts.incidents.models import Receiver
from opsportal.version import version

# What speaks this API asks for the version to know what it can do.
SPEAKS_AS = "0.25.0"
STARTED_AT = timezone.now()
GONE = (
    "The API v1 of Alertmanager was deprecated in 0.16.0 and is gone since 0.27.0: use /api/v2, "
    "in Prometheus by api_version: v2."
)


class Status(AlertmanagerDoor):
    def answer_get(self, request: HttpRequest) -> HttpResponse:
        built = {"branch": "", "buildDate": "", "buildUser": "", "goVersion": "", "revision": f"opsportal {version()}"}
        config = "# Opsportal keeps routes and receivers in its admin.\n"
        return said(
            {
                "cluster": {"peers": [], "status": "disabled"},
                "config": {"original": config},
                "uptime": iso(STARTED_AT),
                "versionInfo": built | {"version": SPEAKS_AS},
            }
        )


class Receivers(AlertmanagerDoor):
    permissions = {"GET": "incidents.view_receiver"}

    def answer_get(self, request: HttpRequest) -> HttpResponse:
        return said([{"name": name} for name in Receiver.objects.order_by("name").values_list("name", flat=True)])


@login_not_required
def well(request: HttpRequest) -> HttpResponse:
    """`/-/healthy` and `/-/ready`."""
    return HttpResponse("OK", content_type="text/plain; charset=utf-8")


@csrf_exempt
@login_not_required
def gone(request: HttpRequest, rest: str = "") -> HttpResponse:
    return said({"status": "error", "errorType": "deprecated", "error": GONE}, 410)


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    return said({"code": 404, "message": f"path /{rest[:200]} was not found"}, 404)
