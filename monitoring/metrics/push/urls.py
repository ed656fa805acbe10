"""Addresses to which samples are pushed."""

from django.urls import path

from monitoring.metrics.push.doors.metrics import MetricsView
from monitoring.metrics.push.doors.otlp import OtlpDoor
from monitoring.metrics.push.doors.remote_write import RemoteWriteDoor

app_name = "metrics_push"
urlpatterns = [
    path("prometheus/api/v1/write", RemoteWriteDoor.as_view(), name="remote_write"),
    path("otlp/v1/metrics", OtlpDoor.as_view(), name="otlp"),
    path("api/v1/metrics", MetricsView.as_view(), name="metrics"),
]
