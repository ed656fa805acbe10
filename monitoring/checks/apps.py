from django.apps import AppConfig


class ChecksConfig(AppConfig):
    name = "monitoring.checks"
    label = "checks"
