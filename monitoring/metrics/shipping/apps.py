from django.apps import AppConfig


class ShippingConfig(AppConfig):
    name = "monitoring.metrics.shipping"
    label = "shipping"
    verbose_name = "Remote write"
