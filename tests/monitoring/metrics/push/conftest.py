"""A sender with a token, and what is stored."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from monitoring.metrics.promql.storage import Hints, Matcher
from monitoring.metrics.push import known, taking
from monitoring.metrics.reading import PostgresStorage
from security.access.actions import api_token_create, user_create
from security.access.models import User
from tests.fakes import remote_writer

FAR_MS = 4_102_444_800_000
Stored = dict[tuple[tuple[str, str], ...], list[tuple[int, float]]]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """A flushed database has no series, so a process must not remember any across tests."""
    yield
    known.series.forget()
    taking.told.clear()


@pytest.fixture
def pusher(db: None) -> User:
    """The account of a machine that may push samples and nothing else."""
    account = user_create(username="prometheus", password=None, roles=[])
    account.user_permissions.add(Permission.objects.get(codename="push_samples"))
    return account


@pytest.fixture
def token(pusher: User) -> str:
    return api_token_create(user=pusher, name="prometheus")[1]


@pytest.fixture
def write(token: str) -> Callable[..., Any]:
    """Send a remote-write request; 1.0 unless told."""

    def send(request: Any, version: dict[str, str] = remote_writer.VERSION_1, **extra: Any) -> Any:
        body = request if isinstance(request, bytes) else remote_writer.packed(request)
        headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_CONTENT_ENCODING": "snappy"} | version | extra
        content_type = headers.pop("CONTENT_TYPE")
        address = "/prometheus/api/v1/write"
        return Client(raise_request_exception=True).post(address, body, content_type=content_type, **headers)

    return send


def stored(name: str) -> Stored:
    """Samples of a metric by labels (without its name): (time in ms, value) pairs."""
    found = PostgresStorage().select([Matcher("__name__", "=", name)], 0, FAR_MS, Hints(0, FAR_MS))
    return {
        tuple(pair for pair in labels if pair[0] != "__name__"): list(
            zip(found.times[start:end].tolist(), found.values[start:end].tolist(), strict=True)
        )
        for labels, start, end in zip(found.labels, found.offsets[:-1], found.offsets[1:], strict=True)
    }


def bits(values: list[float]) -> list[int]:
    numbers: list[int] = np.array(values, dtype=np.float64).view(np.uint64).tolist()
    return numbers


def now_ms() -> int:
    return int(time.time() * 1000)
