"""Beat: wakes the periodic tasks by name. It loads no room and no Django app, which keeps it at a third of their memory.

What is due lives in PostgreSQL; a wake-up only says "look". So beat keeps no schedule file: it wakes everything once when it starts,
and a wake-up that nobody took before the next one expires.
"""

import logging
import os
import time
from datetime import UTC, datetime
from typing import Any

import redis
from celery import Celery
from celery.beat import Scheduler
from celery.signals import beat_init
from django.conf import settings

from opsportal import sent_at  # noqa: F401 - connects its signal
from opsportal.measures import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings")
log = logging.getLogger(__name__)

TICK_S = 5
PERIODIC_S: dict[str, int] = {
    "monitoring.checks.tasks.rollup_tick": 60,
    "monitoring.checks.tasks.partitions_tick": 3600,
    "monitoring.checks.tasks.refused_series_tick": 60,
    "monitoring.metrics.tasks.compact_tick": 60,
    "monitoring.metrics.tasks.upkeep_tick": 3600,
}


class TickingScheduler(Scheduler):
    """Celery's scheduler in memory, which writes the time of its last tick to the key BEAT_TICK_KEY."""

    max_interval = TICK_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.valkey = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        wait_s: float = super().tick(*args, **kwargs)
        try:
            self.valkey.set(settings.BEAT_TICK_KEY, f"{time.time():.3f}")
        except redis.RedisError as error:
            log.warning("The tick could not be written: %s", type(error).__name__)
        return wait_s


def schedule() -> dict[str, dict[str, Any]]:
    """`PERIODIC_S` as Celery has it, each entry due at once."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    return {
        task: {"task": task, "schedule": every_s, "options": {"expires": every_s}, "last_run_at": long_ago}
        for task, every_s in PERIODIC_S.items()
    }


app = Celery("opsportal", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = schedule()
app.conf.beat_scheduler = TickingScheduler


@beat_init.connect(dispatch_uid="opsportal.beat.measure")
def measure(**_: Any) -> None:
    start("beat")
