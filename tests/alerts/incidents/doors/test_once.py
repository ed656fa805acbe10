"""Requests with an Idempotency-Key that come at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from alerts.incidents.models import Inbox
from tests.alerts.incidents.doors.conftest import KeyMaker


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_all_are_answered_alike(make_key: KeyMaker) -> None:
    _, text = make_key()

    def send(number: int) -> Any:
        try:
            headers = {"Idempotency-Key": "k1"}
            path = f"/alerts/in/json/{text}"
            return Client().post(path, {"summary": "x"}, content_type="application/json", headers=headers)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert [answer.status_code for answer in answers] == [202] * 6
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 5
    assert Inbox.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_problem_from_many_at_once_is_one_alert(make_key: KeyMaker) -> None:
    _, text = make_key()

    def send(number: int) -> str:
        try:
            body = {"summary": "x", "dedup": "d"}
            return str(
                Client().post(f"/alerts/in/json/{text}", body, content_type="application/json").json()["outcome"]
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(send, range(6)))
    assert sorted(outcomes) == ["triggered"] + ["updated"] * 5
