"""Every address under `/api/v1/`: the rooms' own routes under one router. Included by opsportal.urls."""

from django.urls import path
from rest_framework.routers import DefaultRouter

from alerts.delivery.api import routes as delivery
from alerts.incidents.api import routes as incidents
from alerts.oncall.api import routes as oncall
from alerts.rules.api import routes as rules
from monitoring.checks.api import routes as checks
from monitoring.events.api import routes as events
from security.access.api import Me
from security.access.api import routes as access

router = DefaultRouter(use_regex_path=True)
router.include_root_view = False
for prefix, viewset in [*access, *checks, *events, *delivery, *oncall, *rules, *incidents]:
    router.register(prefix, viewset, basename=prefix)

urlpatterns = [path("me/", Me.as_view(), name="api-me"), *router.urls]
