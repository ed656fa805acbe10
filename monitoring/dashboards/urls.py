"""Addresses of the pages."""

from django.urls import path

from monitoring.dashboards.views import feed, machines, metrics, overview, query, service

app_name = "dashboards"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("services/<slug:slug>/", service.service, name="service"),
    path("services/<slug:slug>/act/", service.act, name="act"),
    path("services/<slug:slug>/series.json", service.series_json, name="series"),
    path("services/<slug:slug>/series.csv", service.series_csv, name="series-csv"),
    path("services/<slug:slug>/pings/<int:ping_id>/", service.ping_text, name="ping"),
    path("changes/<int:change_id>/", service.change, name="change"),
    path("machines/", machines.machines, name="machines"),
    path("machines/<slug:slug>/", machines.machine, name="machine"),
    path("machines/<slug:slug>/series.json", machines.series_json, name="machine-series"),
    path("machines/<slug:slug>/series.csv", machines.series_csv, name="machine-series-csv"),
    path("feed/", feed.feed, name="feed"),
    path("query/", query.query, name="query"),
    path("query/check/", query.check, name="query-check"),
    path("query/export.csv", query.export, name="query-csv"),
    path("query/cardinality/", metrics.cardinality, name="cardinality"),
    path("query/metrics/", metrics.metrics, name="metrics"),
    path("query/metrics/<path:name>/", metrics.metric, name="metric"),
]
