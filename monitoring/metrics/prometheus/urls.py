"""Addresses under `/prometheus/`. What else is there (remote write, targets) is registered by those who own it."""

from django.urls import path

from monitoring.metrics.prometheus import federation, names, queries, rules, status

urlpatterns = [
    path("api/v1/query", queries.Query.as_view(), name="prometheus-query"),
    path("api/v1/query_range", queries.QueryRange.as_view(), name="prometheus-query-range"),
    path("api/v1/query_exemplars", queries.QueryExemplars.as_view(), name="prometheus-query-exemplars"),
    path("api/v1/format_query", queries.FormatQuery.as_view(), name="prometheus-format-query"),
    path("api/v1/labels", names.LabelNames.as_view(), name="prometheus-labels"),
    path("api/v1/label/<str:name>/values", names.LabelValues.as_view(), name="prometheus-label-values"),
    path("api/v1/series", names.Series.as_view(), name="prometheus-series"),
    path("api/v1/metadata", names.Metadata.as_view(), name="prometheus-metadata"),
    path("api/v1/rules", rules.Rules.as_view(), name="prometheus-rules"),
    path("api/v1/alerts", rules.Alerts.as_view(), name="prometheus-alerts"),
    path("api/v1/alertmanagers", rules.Alertmanagers.as_view(), name="prometheus-alertmanagers"),
    path("api/v1/status/buildinfo", status.BuildInfo.as_view(), name="prometheus-buildinfo"),
    path("api/v1/status/config", status.Config.as_view(), name="prometheus-config"),
    path("api/v1/status/flags", status.Flags.as_view(), name="prometheus-flags"),
    path("api/v1/status/runtimeinfo", status.RuntimeInfo.as_view(), name="prometheus-runtimeinfo"),
    path("api/v1/status/tsdb", status.Tsdb.as_view(), name="prometheus-tsdb"),
    path("api/v1/status/walreplay", status.WalReplay.as_view(), name="prometheus-walreplay"),
    path("federate", federation.Federate.as_view(), name="prometheus-federate"),
]
