"""Backends by the scheme of the setting METRICS_BACKEND. A new one is one file and one line here."""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from monitoring.metrics.backends.base import Backend

# Scheme → what makes the backend of a URL.
BACKENDS: dict[str, str] = {
    "local": "monitoring.metrics.backends.local.local",
    "prometheus": "monitoring.metrics.backends.prometheus.prometheus",
    "prometheus+https": "monitoring.metrics.backends.prometheus.prometheus",
}


def backend() -> Backend:
    """That of the settings; `local` where they name none."""
    return _made(settings.METRICS_BACKEND or "local://")


@cache
def _made(url: str) -> Backend:
    scheme = urlsplit(url).scheme
    if scheme not in BACKENDS:
        raise ImproperlyConfigured(
            f"METRICS_BACKEND: use a URL that begins with {', '.join(f'{one}://' for one in BACKENDS)}."
        )
    make: Callable[[str], Any] = import_string(BACKENDS[scheme])
    made: Backend = make(url)
    return made
