"""Every address of the portal, room by room."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularJSONAPIView

from monitoring.metrics.prometheus.unknown import Unknown
from opsportal import health
from opsportal.measures.page import metrics

handler400 = "opsportal.errors.bad_request"
handler403 = "opsportal.errors.forbidden"
handler404 = "opsportal.errors.not_found"
handler500 = "opsportal.errors.server_error"

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("monitoring.dashboards.urls")),
    path("", include("security.access.urls")),
    path("", include("alerts.delivery.urls")),
    path("", include("monitoring.checks.urls")),
    path("", include("monitoring.metrics.push.urls")),
    path("oncall/", include("alerts.oncall.urls")),
    path("", include("alerts.incidents.urls")),
    path("me/", include("alerts.oncall.me_urls")),
    path("prometheus/", include("monitoring.metrics.prometheus.urls")),
    path("alertmanager/", include("alerts.incidents.doors.alertmanager.urls")),
    path("", include("alerts.incidents.doors.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("opsportal.api_urls")),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("api/docs/", TemplateView.as_view(template_name="access/api_docs.html"), name="api-docs"),
    path("prometheus/<path:rest>", Unknown.as_view(), name="prometheus-unknown"),  # after every other address there
]
