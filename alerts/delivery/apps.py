from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "alerts.delivery"
    label = "delivery"
