"""What open pages are told."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from alerts.delivery.models import Channel
from alerts.incidents import actions, live
from opsportal.live import topics
from security.access.models import User
from tests.alerts.incidents.world import World, only_incident


@pytest.mark.django_db(transaction=True)
def test_pages_hear_of_an_incident_after_the_commit(
    world: World, hook: Channel, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr("opsportal.live.publish_many", heard.append)
    world.fire()
    world.later(30)
    number = str(only_incident().pk)
    assert heard[-1]["incidents"][number]["state"] == "open"
    assert heard[-1][f"incident:{number}"]["incident"]["title"] == "DiskFull"
    actions.incident_acknowledge(incident=only_incident(), by=ada, now=world.now)
    assert heard[-1]["incidents"][number]["acknowledged_by"] == "ada"
    entry = next(value for key, value in heard[-1][f"incident:{number}"].items() if key.startswith("entry:"))
    assert entry["kind"] == "acknowledged"


@pytest.mark.django_db(transaction=True)
def test_the_first_picture_has_what_is_not_resolved(world: World, hook: Channel, ada: User) -> None:
    world.fire()
    world.later(30)
    number = only_incident().pk
    assert list(async_to_sync(live.incidents)(ada, "incidents")) == [str(number)]
    picture = async_to_sync(live.incident)(ada, f"incident:{number}")
    assert {key.partition(":")[0] for key in picture} == {"incident", "entry"}
    world.resolve()
    assert async_to_sync(live.incidents)(ada, "incidents") == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("topic", ["incident:999", "incident:x"])
def test_an_incident_that_is_not_there_is_no_topic(ada: User, topic: str) -> None:
    with pytest.raises(topics.UnknownTopic):
        async_to_sync(live.incident)(ada, topic)


def test_who_may_look_at_incidents_may_follow_them() -> None:
    assert topics.find("incidents").permission == topics.find("incident:1").permission == "incidents.view_incident"
