from django.apps import AppConfig


class OncallConfig(AppConfig):
    name = "alerts.oncall"
    label = "oncall"
