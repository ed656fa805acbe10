from django.apps import AppConfig


class OncallConfig(AppConfig):
    name = "alerts.oncall"
    label = "oncall"
    verbose_name = "On call"

    def ready(self) -> None:
        from alerts.delivery.failures import on_failed
        from alerts.oncall.failing import deliveries_failed

        on_failed(deliveries_failed)
