"""The backend over a real VictoriaMetrics."""

import asyncio
import time
from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.stack import free_port
from monitoring.metrics.backends.base import Options
from monitoring.metrics.backends.prometheus import Prometheus
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.storage import Hints, Matcher
from monitoring.metrics.promql.vectors import Scalar, Vector, Windows
from monitoring.metrics.shipping.encoding import HEADERS, encoded_labels, write_request
from opsportal.http import Request, Zone
from opsportal.http.blocking import fetch_blocking
from tests.fakes.victoria import PROGRAM, WHY_NOT, Victoria

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)

SOON = Options(deadline_s=10)
BASE_MS = (int(time.time()) - 600) * 1000
SERIES = {1: (("__name__", "m"), ("job", "a")), 2: (("__name__", "m"), ("job", "b"))}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Two series of eleven samples each, 10 s apart: 0, 1 … 10 and 0, 2 … 20."""
    victoria = Victoria(tmp_path_factory.mktemp("victoria"), free_port())
    asyncio.run(victoria.start())
    made = Prometheus(f"prometheus://127.0.0.1:{victoria.port}")
    ids = np.repeat(np.array([1, 2]), 11)
    times = np.tile(BASE_MS + np.arange(11) * 10_000, 2)
    values = np.concatenate([np.arange(11.0), np.arange(11.0) * 2])
    body = write_request(ids, times, values, {key: encoded_labels(labels) for key, labels in SERIES.items()})
    fetch_blocking(Request(made.write_url, method="POST", headers=HEADERS, body=body), zone=Zone.CHECKS)
    asyncio.run(victoria.get("/internal/force_flush"))
    yield made
    victoria.stop()


def test_many_queries_are_asked_one_by_one(backend: Prometheus) -> None:
    texts = ['m{job="b"}', "sum(", "m * 2", "sum(m)"] * 3
    found = backend.query_many(texts, BASE_MS + 100_000, SOON)
    kinds = [one.kind for one in found]
    assert [kind if kind in ("vector", "scalar") else "error" for kind in kinds[:4]] == [
        "vector",
        "error",
        "vector",
        "vector",
    ]
    assert kinds == kinds[:4] * 3
    late = backend.query_many(["m", "m"], BASE_MS, Options(deadline_s=-1))
    assert [one.kind for one in late] == ["timeout", "timeout"]


def test_an_instant_query_yields_a_vector(backend: Prometheus) -> None:
    found = backend.query('sum by (job) (m{job="b"})', BASE_MS + 100_000, SOON)
    assert isinstance(found.value, Vector)
    assert found.value.labels == [(("job", "b"),)]
    assert found.value.values.tolist() == [[20.0]]


def test_a_range_query_yields_the_steps_that_were_asked_for(backend: Prometheus) -> None:
    found = backend.query_range("m", BASE_MS, BASE_MS + 40_000, 20_000, SOON)
    assert isinstance(found.value, Vector)
    assert found.value.labels == list(SERIES.values())
    assert found.value.values.tolist() == [[0, 2, 4], [0, 4, 8]]
    assert found.value.present.all()


def test_a_scalar_is_a_scalar(backend: Prometheus) -> None:
    found = backend.query("scalar(1 + 1)", BASE_MS, SOON)
    assert found.kind in ("scalar", "vector")  # VictoriaMetrics calls every number a vector
    assert isinstance(found.value, Scalar | Vector)
    assert found.value.values.ravel().tolist() == [2.0]


def test_a_range_selector_yields_raw_samples(backend: Prometheus) -> None:
    found = backend.query('m{job="a"}[25s]', BASE_MS + 50_000, SOON)
    assert isinstance(found.value, Windows)
    assert found.value.values.tolist() == [3, 4, 5]
    assert (found.value.times - BASE_MS).tolist() == [30_000, 40_000, 50_000]


def test_samples_are_selected_without_promql(backend: Prometheus) -> None:
    matchers = [Matcher("__name__", "=", "m"), Matcher("job", "!~", "a.*")]
    found = backend.select(matchers, BASE_MS, BASE_MS + 20_000, Hints(BASE_MS, BASE_MS + 20_000))
    assert found.labels == [SERIES[2]]
    assert found.values.tolist()[-2:] == [2, 4]


def test_series_and_labels_are_listed(backend: Prometheus) -> None:
    span = (BASE_MS, BASE_MS + 100_000)
    assert backend.series([[Matcher("__name__", "=", "m")]], *span) == list(SERIES.values())
    assert backend.series([], *span, limit=1) == [SERIES[1]]
    assert backend.label_values(None, [], *span) == ["__name__", "job"]
    assert backend.label_values("job", [], *span) == ["a", "b"]


def test_what_the_server_refuses_is_said_in_its_words(backend: Prometheus) -> None:
    with pytest.raises(PromqlError) as caught:
        backend.query("sum(", BASE_MS, SOON)
    assert "sum(" in caught.value.message


def test_a_server_that_is_away_is_an_error_and_no_hang() -> None:
    gone = Prometheus(f"prometheus://token-1234@127.0.0.1:{free_port()}")
    with pytest.raises(PromqlError) as caught:
        gone.query("m", BASE_MS, SOON)
    assert caught.value.kind == "internal"
    assert "cannot be asked" in caught.value.message
    assert "token-1234" not in caught.value.message


def test_an_address_says_where_to_write_and_how_to_log_in() -> None:
    made = Prometheus("prometheus+https://user:pass%20word@metrics.example.org/select/0?write=/insert/0/api/v1/write")
    assert made.base == "https://metrics.example.org/select/0"
    assert made.write_url == "https://metrics.example.org/insert/0/api/v1/write"
    assert made.auth is not None
    assert "pass word" in made.auth.secrets
