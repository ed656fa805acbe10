from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "alerts.rules"
    label = "rules"
