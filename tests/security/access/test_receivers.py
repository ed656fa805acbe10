"""Open pages are looked at again when what their person may do changes: real messages through Valkey."""

from collections.abc import Callable, Iterator

import orjson
import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.test import Client

from opsportal.live import publisher
from security.access.models import User
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rechecked(vera: User) -> Iterator[Callable[[], set[int]]]:
    """The people named in recheck messages since vera was made."""
    subscription = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    subscription.subscribe(publisher.CHANNEL)
    subscription.get_message(timeout=2)

    def take() -> set[int]:
        found = set()
        while message := subscription.get_message(timeout=0.2):
            found.add(orjson.loads(message["data"])["recheck"])
        return found

    yield take
    subscription.close()


Rechecked = Callable[[], set[int]]


def test_a_new_role(vera: User, rechecked: Rechecked) -> None:
    vera.groups.add(Group.objects.get(name="Operator"))
    assert rechecked() == {vera.pk}


def test_a_lost_permission(vera: User, rechecked: Rechecked) -> None:
    vera.user_permissions.set([Permission.objects.get(codename="run_check")])
    rechecked()
    vera.user_permissions.clear()
    assert rechecked() == {vera.pk}


def test_a_group_that_lost_all_its_members(vera: User, rechecked: Rechecked) -> None:
    Group.objects.get(name="Viewer").user_set.clear()
    assert rechecked() == {vera.pk}


def test_a_group_with_other_permissions(vera: User, rechecked: Rechecked) -> None:
    Group.objects.get(name="Viewer").permissions.clear()
    assert rechecked() == {vera.pk}


def test_a_deleted_group(vera: User, rechecked: Rechecked) -> None:
    Group.objects.get(name="Viewer").delete()
    assert rechecked() == {vera.pk}


def test_a_closed_account(vera: User, rechecked: Rechecked) -> None:
    vera.is_active = False
    vera.save()
    assert rechecked() == {vera.pk}


def test_a_deleted_account(vera: User, rechecked: Rechecked) -> None:
    key = vera.pk
    vera.delete()
    assert rechecked() == {key}


def test_a_log_out(vera: User, rechecked: Rechecked) -> None:
    client = Client()
    client.force_login(vera)
    client.logout()
    client.force_login(vera)
    rechecked()
    client.post("/logout/")
    assert rechecked() == {vera.pk}


def test_a_log_in_is_no_change(vera: User, rechecked: Rechecked) -> None:
    assert Client().post("/login/", {"username": "vera", "password": PASSWORD}).status_code == 302
    assert rechecked() == set()
