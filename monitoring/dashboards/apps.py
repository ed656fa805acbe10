from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "monitoring.dashboards"
    label = "dashboards"

    def ready(self) -> None:
        from monitoring.dashboards import snapshots

        snapshots.register()
