import asyncio
import time
from collections.abc import Awaitable
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from monitoring.checks.choices import Status
from monitoring.dashboards import snapshots
from opsportal.live.topics import UnknownTopic
from security.access.models import User
from tests.monitoring.dashboards.estate import check, service

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_overview_is_told_of_every_service_that_is_not_up(ada: User) -> None:
    service("Shop", Status.UP)
    search = service("Search", Status.DOWN)
    picture = async_to_sync(snapshots.services)(ada, "services")
    assert list(picture) == [str(search.pk)]


def test_a_service_page_is_told_of_its_checks(ada: User) -> None:
    shop = service("Shop", Status.UP)
    door = check(shop, "Door", last_summary="200 OK")
    picture = async_to_sync(snapshots.service)(ada, f"service:{shop.pk}")
    assert cast("dict[str, str]", picture[str(door.pk)])["summary"] == "200 OK"


@pytest.mark.parametrize("topic", ["service:999999", "service:shop", "service:"])
def test_a_service_that_is_not_there_is_an_unknown_topic(topic: str, ada: User) -> None:
    with pytest.raises(UnknownTopic):
        async_to_sync(snapshots.service)(ada, topic)


def test_pictures_are_taken_beside_one_another_and_leave_no_connection(ada: User) -> None:
    async def several() -> None:
        await asyncio.gather(*(cast("Awaitable[object]", snapshots.feed(ada, "feed")) for _ in range(5)))

    async_to_sync(several)()
    deadline = time.monotonic() + 10
    while others() and time.monotonic() < deadline:  # a server takes a moment to see that a client has gone
        time.sleep(0.01)
    assert others() == 0


def others() -> int:
    """Connections to the database besides this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
