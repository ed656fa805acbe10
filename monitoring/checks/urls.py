"""Addresses of this room that machines call: pings of jobs, reports of agents, canary pages, what is scraped."""

from django.urls import path

from monitoring.checks.api.agent import AgentReportView
from monitoring.checks.views.canary import canary
from monitoring.checks.views.ping import ping
from monitoring.checks.views.targets import Targets, TargetsMetadata

app_name = "checks"
urlpatterns = [
    path("ping/<uuid:key>", ping, name="ping"),
    *(path(f"ping/<uuid:key>/{word}", ping, {"word": word}, name=f"ping_{word}") for word in ("start", "fail", "log")),
    path("ping/<uuid:key>/<int:exit_code>", ping, name="ping_exit_code"),
    path("canary/<str:signed>", canary, name="canary"),
    path("api/v1/agent/report", AgentReportView.as_view(), name="agent_report"),
    path("prometheus/api/v1/targets", Targets.as_view(), name="prometheus_targets"),
    path("prometheus/api/v1/targets/metadata", TargetsMetadata.as_view(), name="prometheus_targets_metadata"),
]
