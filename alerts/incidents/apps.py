from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "alerts.incidents"
    label = "incidents"

    def ready(self) -> None:
        from alerts.incidents import answering, live

        answering.register()
        live.register()
