from django.apps import AppConfig


class ChecksConfig(AppConfig):
    name = "monitoring.checks"
    label = "checks"

    def ready(self) -> None:
        from monitoring.checks import system_checks  # noqa: F401 — registers itself
