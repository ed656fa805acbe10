"""The ground as a Django app: its start brings up the Celery application, so that every task published is this portal's."""

from importlib import import_module

from django.apps import AppConfig


class OpsportalConfig(AppConfig):
    """Not done in `opsportal/__init__.py`: the supervisor and beat import this package and need none of Django."""

    name = "opsportal"

    def ready(self) -> None:
        import_module("opsportal.celery")
