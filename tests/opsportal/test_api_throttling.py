from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from opsportal.api import throttling
from opsportal.api.throttling import hit, parse_rate
from security.access.models import User


@pytest.fixture
def _one_a_minute(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    rates = {"person": "1/minute", "stranger": "1/minute", "costly": "1/minute"}
    monkeypatch.setitem(api_settings.__dict__, "DEFAULT_THROTTLE_RATES", rates)
    yield
    cache.clear()


def test_uses_are_counted_in_their_window() -> None:
    key = str(uuid4())
    with time_machine.travel(1_800_000_030, tick=False) as clock:
        assert [hit(key, 60) for _ in range(2)] == [(1, 30), (2, 30)]
        clock.shift(30)
        assert hit(key, 60) == (1, 60)


@pytest.mark.usefixtures("_one_a_minute")
def test_who_asks_too_often_is_told_when_to_come_back(ada: User, vera: User) -> None:
    client = APIClient()
    client.force_login(ada)
    assert client.get("/api/v1/me/").status_code == 200
    refused = client.get("/api/v1/me/")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 61
    client.force_login(vera)
    assert client.get("/api/v1/me/").status_code == 200


class Open(APIView):
    permission_classes = ()

    def get(self, request: Request) -> Response:
        return Response()


@pytest.mark.usefixtures("_one_a_minute")
def test_a_stranger_is_counted_by_address() -> None:
    addresses = ["10.1.1.1", "10.1.1.1", "10.2.2.2"]
    requests = [APIRequestFactory().get("/", REMOTE_ADDR=address) for address in addresses]
    assert [Open.as_view()(request).status_code for request in requests] == [200, 429, 200]


def test_without_valkey_nobody_is_held_up_and_the_log_says_so(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "outage", throttling.Outage())
    away: dict[str, Any] = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": away}
    assert [hit("anybody", 60) for _ in range(3)] == [(0, 0.0)] * 3
    assert caplog.text.count("Throttling is off") == 1


@pytest.mark.parametrize("rate", ["60", "60/min", "-1/minute", "x/second"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        parse_rate(rate)
