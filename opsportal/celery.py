"""The Celery application of whoever publishes or runs a task. Tasks carry work that is due now; time itself lives in PostgreSQL.

`opsportal/beat.py` is the application of the process that only wakes the periodic ones.
"""

import os

from celery import Celery

from opsportal import sent_at  # noqa: F401 - connects its signal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings")

app = Celery("opsportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
