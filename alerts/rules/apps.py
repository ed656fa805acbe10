from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "alerts.rules"
    label = "rules"

    def ready(self) -> None:
        from alerts.rules import prometheus_source
        from monitoring.metrics.prometheus.rules import source

        source.groups, source.alerts = prometheus_source.groups, prometheus_source.alerts
