"""Publishing with Valkey there, away, and back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import redis
from django import conf
from pytest_django.fixtures import Settings

from opsportal.live import publisher
from opsportal.live.publisher import CHANNEL, Outage


@pytest.fixture
def ear() -> Iterator[redis.client.PubSub]:
    """Hears the channel."""
    with redis.Redis.from_url(conf.settings.REDIS_URL) as client, client.pubsub() as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=5)
        yield pubsub


@pytest.fixture
def _valkey_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    monkeypatch.setattr(publisher, "_client", None)
    monkeypatch.setattr(publisher, "outage", Outage())


def heard(ear: redis.client.PubSub) -> object:
    message = ear.get_message(timeout=5)
    assert message is not None
    return orjson.loads(message["data"])


def test_one_message_carries_the_updates_of_several_topics(ear: redis.client.PubSub) -> None:
    publisher.publish_many({"services": {"7": {"status": "down"}}, "service:7": {"9": None}})
    assert heard(ear) == {"topics": {"services": {"7": {"status": "down"}}, "service:7": {"9": None}}}


async def test_an_event_loop_publishes_the_same(ear: redis.client.PubSub) -> None:
    await publisher.apublish("services", {"7": 1})
    assert await asyncio.to_thread(heard, ear) == {"topics": {"services": {"7": 1}}}
    await publisher.adisconnect()


def test_what_is_not_json_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        publisher.publish("services", {"7": object()})


@pytest.mark.usefixtures("_valkey_away")
def test_nothing_is_raised_while_valkey_is_away_and_it_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        publisher.publish("services", {"7": 1})
    assert publisher.outage.lost == publisher.outage.lost_in_all == 5
    assert [record.message for record in caplog.records] == [
        "Live updates are not sent: Valkey is away (ConnectionError)."
    ]


@pytest.mark.usefixtures("_valkey_away")
async def test_an_event_loop_is_not_held_up_either() -> None:
    await publisher.apublish("services", {"7": 1})
    assert publisher.outage.lost == 1


def test_after_an_outage_the_listeners_are_told_that_they_missed_something(
    ear: redis.client.PubSub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "outage", Outage(lost=3))
    publisher.publish("services", {"7": 1})
    assert [heard(ear), heard(ear)] == [{"topics": {"services": {"7": 1}}}, {"resync": True}]
    assert publisher.outage.lost == 0


def test_a_dead_valkey_is_tried_once_a_second_only() -> None:
    outage = Outage()
    outage.began(ConnectionError(), now=100.0)
    assert outage.skips(now=100.9)
    assert not outage.skips(now=101.0)
    assert outage.lost_in_all == 2
