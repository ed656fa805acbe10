"""Addresses under `/alertmanager/`: the API v2 of Alertmanager. Included by opsportal.urls."""

from django.urls import path

from alerts.incidents.doors.alertmanager import status
from alerts.incidents.doors.alertmanager.alerts import Alerts, Groups
from alerts.incidents.doors.alertmanager.silences import OneSilence, Silences

urlpatterns = [
    path("api/v2/alerts", Alerts.as_view(), name="alertmanager-alerts"),
    path("api/v2/alerts/groups", Groups.as_view(), name="alertmanager-groups"),
    path("api/v2/silences", Silences.as_view(), name="alertmanager-silences"),
    path("api/v2/silence/<str:name>", OneSilence.as_view(), name="alertmanager-silence"),
    path("api/v2/receivers", status.Receivers.as_view(), name="alertmanager-receivers"),
    path("api/v2/status", status.Status.as_view(), name="alertmanager-status"),
    path("-/healthy", status.well, name="alertmanager-healthy"),
    path("-/ready", status.well, name="alertmanager-ready"),
    path("api/v1/<path:rest>", status.gone, name="alertmanager-v1"),
    path("<path:rest>", status.unknown, name="alertmanager-unknown"),
]
