"""The application of the Celery workers that tests start: `celery -A tests.fakes.celery_tasks worker`."""

import os
import time
from pathlib import Path

from celery import Celery

app = Celery("elsewhere", broker=os.environ.get("ELSEWHERE_BROKER", "memory://"))
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True
app.conf.worker_prefetch_multiplier = 1


@app.task(name="elsewhere.busy")
def busy(flag: str) -> None:
    """Work until the file `flag` is gone."""
    Path(flag).with_suffix(".begun").touch()
    while Path(flag).exists():
        time.sleep(0.02)
