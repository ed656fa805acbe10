from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "monitoring.events"
    label = "events"
