"""The Celery application of whoever publishes or runs a task. Tasks carry work that is due now; time itself lives in PostgreSQL.

`opsportal/beat.py` is the application of the process that only wakes the periodic ones.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

from opsportal import sent_at  # noqa: F401 - connects its signal
from opsportal.measures import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings")
# A worker would run Django's system checks, and load for them every page and the evaluator of PromQL, which it never uses.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("opsportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect(dispatch_uid="opsportal.celery.measure")
def measure(**_: Any) -> None:
    start("worker")
