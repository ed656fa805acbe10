import json
import subprocess
import sys

import pytest
import redis
import time_machine
from django.conf import settings

from opsportal import beat, celery
from opsportal.env import BASE_DIR
from opsportal.sent_at import HEADER, stamp

NOON = 1_795_435_200.0
QUEUE = "opsportal"


@pytest.fixture
def valkey() -> redis.Redis:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(QUEUE, settings.BEAT_TICK_KEY)
    return client


def test_every_periodic_task_exists() -> None:
    celery.app.loader.import_default_modules()
    assert set(beat.PERIODIC_S) <= set(celery.app.tasks)


def test_beat_wakes_everything_when_it_starts(valkey: redis.Redis) -> None:
    scheduler = beat.TickingScheduler(app=beat.app)
    while scheduler.tick() == 0:
        pass
    sent = {json.loads(message)["headers"]["task"] for message in valkey.lrange(QUEUE, 0, -1)}
    valkey.delete(QUEUE)
    assert sent == set(beat.PERIODIC_S)


def test_a_wake_up_that_nobody_took_expires_before_the_next() -> None:
    assert all(entry["options"]["expires"] == entry["schedule"] for entry in beat.schedule().values())


def test_each_tick_is_written_with_its_time(valkey: redis.Redis) -> None:
    scheduler = beat.TickingScheduler(app=beat.app, schedule={}, lazy=True)
    scheduler.schedule = {}
    with time_machine.travel(NOON, tick=False):
        scheduler.tick()
    assert float(valkey.get(settings.BEAT_TICK_KEY) or 0) == NOON


def test_beat_goes_on_ticking_while_valkey_is_away() -> None:
    scheduler = beat.TickingScheduler(app=beat.app, lazy=True)
    scheduler.schedule = {}
    scheduler.valkey = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    assert scheduler.tick() == beat.TICK_S


def test_beat_loads_no_room() -> None:
    asked = "import opsportal.beat, sys; sys.exit(any(name.startswith('monitoring') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", asked], cwd=BASE_DIR, check=False).returncode == 0


def test_a_task_message_says_when_it_was_sent() -> None:
    headers: dict[str, float] = {}
    with time_machine.travel(NOON, tick=False):
        stamp(headers=headers)
    assert headers == {HEADER: NOON}


def test_a_message_that_is_sent_again_keeps_its_first_time() -> None:
    headers = {HEADER: NOON}
    stamp(headers=headers)
    assert headers == {HEADER: NOON}
