"""Many requests share a commit, and each is answered after it."""

import asyncio

import psycopg
import pytest
from django.utils import timezone

from alerts.incidents.doors import committing
from alerts.incidents.doors.committing import Committer, FullError
from alerts.incidents.models import Inbox

pytestmark = pytest.mark.django_db(transaction=True)


async def store_all(payloads: list[str]) -> list[BaseException | None]:
    committer = Committer()
    try:
        tasks = [committer.store(timezone.now(), "test", payload) for payload in payloads]
        return await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await committer._forget_connection()


def test_everything_that_was_answered_is_stored() -> None:
    outcomes = asyncio.run(store_all([f'[{{"labels": {{"n": "{number}"}}}}]' for number in range(700)]))
    assert outcomes == [None] * 700
    assert Inbox.objects.count() == 700


def test_one_that_cannot_be_stored_fails_alone() -> None:
    outcomes = asyncio.run(store_all(["[]", "no json", "[]"]))
    assert isinstance(outcomes[1], psycopg.DataError)
    assert [outcomes[0], outcomes[2]] == [None, None]
    assert Inbox.objects.count() == 2


def test_more_than_can_wait_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "MOST_WAITING", 2)
    outcomes = asyncio.run(store_all(["[]"] * 5))
    assert sum(isinstance(outcome, FullError) for outcome in outcomes) == 3
    assert Inbox.objects.count() == 2


def test_it_goes_on_after_a_cut_connection() -> None:
    async def cut() -> None:
        committer = Committer()
        await committer.store(timezone.now(), "test", "[]")
        assert committer.connection is not None
        await committer.connection.close()
        await committer.store(timezone.now(), "test", "[]")
        await committer._forget_connection()

    asyncio.run(cut())
    assert Inbox.objects.count() == 2
