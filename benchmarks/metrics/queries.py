"""Answers from the store, from the HTTP API, and from Prometheus on the same samples."""

import urllib.parse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import metrics_data
from benchmarks.metrics import estate, peers
from benchmarks.metrics.estate import DAY_MS, Fed
from benchmarks.metrics.timing import median_s
from benchmarks.report import Report
from benchmarks.stack import web

DAYS = 90
LONG = "bench_long"
BY_X = "sum by (x) (rate(bench_requests_total[5m]))"


def measure(report: Report, folder: Path) -> None:
    estate.empty()
    start_ms = estate.last_midnight_ms(2)
    wide = list(estate.counters(1_000, start_ms))
    estate.feed(wide)
    estate.feed(long_series())
    estate.close()
    _store(report, start_ms)
    _promql(report, start_ms, wide)
    _http(report, folder, start_ms)


def long_series() -> list[list[Fed]]:
    """Four series of one target over 90 days."""
    points = DAYS * metrics_data.DAY_POINTS
    start_ms = estate.last_midnight_ms(DAYS + 1)
    times = start_ms + np.arange(points, dtype=np.int64) * metrics_data.STEP_MS
    random = np.random.default_rng(90)
    makers = (metrics_data.int_counter, metrics_data.percent_gauge, metrics_data.queue_depth, metrics_data.state)
    return [
        [
            (
                (("__name__", LONG), ("instance", "long"), ("job", "bench"), ("number", str(number))),
                times,
                make(random, points),
            )
            for number, make in enumerate(makers)
        ]
    ]


def _store(report: Report, start_ms: int) -> None:
    from monitoring.metrics.promql.storage import Hints, Matcher
    from monitoring.metrics.reading import PostgresStorage

    storage, end_ms = PostgresStorage(), start_ms + DAY_MS - 1

    def select(name: str, first_ms: int, function: str = "", **labels: str) -> int:
        matchers = [Matcher("__name__", "=", name), *(Matcher(key, "=", value) for key, value in labels.items())]
        step_ms = (end_ms - first_ms) // 300
        return len(
            storage.select(matchers, first_ms, end_ms, Hints(first_ms, end_ms, step_ms, step_ms, function)).times
        )

    name = "bench_requests_total"
    one_s = median_s(lambda: select(name, start_ms, "avg_over_time", instance="10.1.3.1:9100", number="7"), 60)
    report.at_most("store: one series over 24 h", one_s * 1000, "ms", 1)
    hundred_s = median_s(lambda: select(name, start_ms, "avg_over_time", x="3"), 20)
    report.at_most("store: 100 series over 24 h", hundred_s * 1000, "ms", 60)
    long_s = median_s(lambda: select(LONG, end_ms - DAYS * DAY_MS, "avg_over_time", number="1"), 20)
    report.at_most("store: one series over 90 days", long_s * 1000, "ms", 15)


def _promql(report: Report, start_ms: int, wide: list[list[Fed]]) -> None:
    from monitoring.metrics import querying

    def ours() -> Any:
        return querying.query_range(BY_X, start_ms + 300_000, start_ms + DAY_MS, 300_000).value

    ours_s = median_s(ours, 5, 1)
    report.at_most("sum by (x) (rate(m[5m])), 1,000 series over 24 h", ours_s, "s", 1)
    with peers.prometheus() as peer:
        if peer is None:
            print("prometheus is not installed: no peer to hold it against", flush=True)
            return
        peer.feed(wide)
        theirs_s = median_s(lambda: peer.query_range(BY_X, start_ms + 300_000, start_ms + DAY_MS, 300), 5, 1)
        report.plain("the same in Prometheus", theirs_s, "s")
        _equal(ours(), peer.query_range(BY_X, start_ms + 300_000, start_ms + DAY_MS, 300))


def _equal(ours: Any, theirs: list[dict[str, Any]]) -> None:
    """Figures of different answers are no comparison."""
    rows = {tuple(sorted(one["metric"].items())): one["values"] for one in theirs}
    assert set(rows) == set(ours.labels), "other series than Prometheus"
    for labels, values, present in zip(ours.labels, ours.values, ours.present, strict=True):
        wanted = np.array([float(value) for _, value in rows[labels]])
        np.testing.assert_allclose(values[present], wanted, rtol=1e-9)


def _http(report: Report, folder: Path, start_ms: int) -> None:
    import http.client

    from security.access.actions import api_token_create, user_create
    from security.access.roles import VIEWER

    user = user_create(username="asker", password="a long pass phrase 2", roles=[VIEWER])
    _, secret = api_token_create(user=user, name="bench")
    form = {
        "query": 'avg_over_time(bench_requests_total{instance="10.1.3.1:9100",number="7"}[288s])',
        "start": (start_ms + 288_000) / 1000,
        "end": (start_ms + DAY_MS) / 1000,
        "step": 288,
    }
    path = f"/prometheus/api/v1/query_range?{urllib.parse.urlencode(form)}"
    with web(folder) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

        def ask() -> None:
            connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            assert body.count(b'"]') >= 290, body[:200]

        asked_s = median_s(ask, 60, 10)
    report.at_most("HTTP API: one series over 24 h to 300 points", asked_s * 1000, "ms", 10)
