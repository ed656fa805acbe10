"""Addresses of the doors beside Alertmanager's API. Included by opsportal.urls."""

from django.urls import path

from alerts.incidents.doors.generic import GenericDoor
from alerts.incidents.doors.pagerduty import ChangeEnqueue, Enqueue
from alerts.incidents.doors.webhook import WebhookDoor

urlpatterns = [
    path("alerts/in/alertmanager-webhook", WebhookDoor.as_view(), name="alerts-in-webhook"),
    path("alerts/in/json", GenericDoor.as_view(), name="alerts-in-json"),
    path("alerts/in/json/<str:key>", GenericDoor.as_view(), name="alerts-in-json-key"),
    path("pagerduty/v2/enqueue", Enqueue.as_view(), name="pagerduty-enqueue"),
    path("pagerduty/v2/change/enqueue", ChangeEnqueue.as_view(), name="pagerduty-change"),
]
