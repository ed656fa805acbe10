"""Requests meant to hurt: each gets a standard error, or an answer, within bounds."""

import threading
import time
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from monitoring.metrics import querying
from monitoring.metrics.backends.local import reading
from monitoring.metrics.promql.errors import PromqlError
from tests.monitoring.metrics.prometheus import estate
from tests.monitoring.metrics.prometheus.conftest import Asker

SPAN = "start=T0&end=END"
ALL = '{__name__=~".+"}'
YEARS = "start=-62135596800&end=253402300799"


@pytest.mark.parametrize(
    "asked",
    [
        "query?query=" + quote("(" * 5_000),
        "query?query=" + quote("-" * 20_000 + "1"),
        "query?query=" + quote("sum(" * 2_000 + "1" + ")" * 2_000),
        "query?query=" + quote("+".join(["1"] * 60_000)),
        "query?query=" + quote('up{a=~"' + "(a{0,1000}){0,1000}" + '"}'),
        "query?query=" + quote('up{a=~"' + "(x+x+)+y" * 200_00 + '"}'),
        "query?query=" + quote('{__name__=~".*"}'),
        f"query_range?query=up&{YEARS}&step=1",
        f"query_range?query=up&{SPAN}&step=1e-6",
        "query_range?query=up&start=0&end=1e18&step=1e17",
        "query_range?query=" + quote("up[100000y:1ms]") + f"&{SPAN}&step=15",
        "query_range?query=" + quote("max_over_time(up[1000y:1ms])") + f"&{SPAN}&step=15",
        "query?query=" + quote("up offset 99999999999y"),
        "query?query=" + quote("up @ 1e300"),
        "series?" + "&".join(["match[]=" + quote("up{")] * 1000),
        "labels?match[]=" + quote("a" * 100_000),
        "label/" + "a" * 10_000 + "-/values",
        "query?query=%FF%FE&time=%FF",
        "query?query=up&time=" + "9" * 10_000,
        "query?query=1&lookback_delta=-5m",
    ],
)
def test_a_request_that_cannot_be_answered_gets_a_standard_error(asker: Asker, measured: None, asked: str) -> None:
    answer = asker.get(f"api/v1/{estate.dated(asked)}")
    body = answer.json()
    assert (body["status"], answer.status_code) in {("error", 400), ("error", 422), ("error", 503)}, body
    assert len(body["error"]) < 2_000


@pytest.mark.parametrize(
    "asked",
    [
        "query?query=" + quote('count({__name__=~".+"})') + "&time=END",
        f"query_range?query=up&{YEARS}&step=30000000",
        "query_range?query=" + quote(ALL) + f"&{SPAN}&step=1",
        "query?query=" + quote('up{instance=~"(a|a|aa)+:1|(x+x+)+y"}') + "&time=END",
        "query?query=" + quote("sum_over_time(up[200y])") + "&time=END",
        "series?match[]=" + quote(ALL) + f"&{YEARS}",
        "query_range?query=" + quote("max_over_time(up[10m:1s])") + f"&{SPAN}&step=1",
    ],
)
def test_a_request_for_everything_is_answered(asker: Asker, measured: None, asked: str) -> None:
    assert asker.get(f"api/v1/{estate.dated(asked)}").status_code == 200


def test_more_samples_than_allowed_are_an_execution_error(asker: Asker, measured: None, settings: Any) -> None:
    settings.METRICS_QUERY_MAX_SAMPLES = 100
    status, kind, message = asker.error(estate.dated("query_range?query=" + quote(ALL) + f"&{SPAN}&step=15"))
    assert (status, kind) == (422, "execution")
    assert message.startswith(
        "query processing would load too many samples into memory in query execution: at most 100 "
    )


@pytest.mark.django_db(transaction=True)
def test_a_statement_does_not_outlive_the_deadline(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleeping(self: Any, *_: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")

    monkeypatch.setattr("monitoring.metrics.reading.PostgresStorage.select", sleeping)
    assert asker.error("query?query=up&timeout=100ms") == (503, "timeout", "query timed out in query execution")


@pytest.mark.django_db(transaction=True)
def test_a_question_writes_nothing_and_sees_one_moment() -> None:
    with reading(5), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
        assert cursor.fetchone() == ("repeatable read", "on")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)


def test_a_question_within_a_transaction_takes_its_time_limit_back(db: None) -> None:
    with reading(5):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)


def test_only_so_many_are_answered_at_once_and_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querying, "LONGEST_WAIT_S", 0.05)
    turns = querying.Turns(1, threading.Semaphore(1))
    deadline = time.monotonic() + 10
    with turns.turn(deadline), pytest.raises(PromqlError) as caught, turns.turn(deadline):
        pass
    assert (caught.value.kind, caught.value.message) == ("timeout", "query timed out in query queue")
    with turns.turn(deadline):
        pass
    assert turns.waiting == 0


def test_a_long_queue_turns_people_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = querying.Turns(1, threading.Semaphore(0), waiting=querying.WAITING_PER_TURN)
    with pytest.raises(PromqlError, match="query queue"), turns.turn(time.monotonic() + 10):
        pass


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_all_answered_one_way_or_another(asker: Asker) -> None:
    estate.store()
    address = "api/v1/query_range?query=" + quote('sum(rate({job=~".+"}[5m]))by(job)') + f"&{SPAN}&step=1"
    address, found = estate.dated(address), list[int]()

    def ask() -> None:
        try:
            found.append(Asker(asker.headers["Authorization"].removeprefix("Bearer ")).get(address).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 30
    assert set(found) <= {200, 503}
    assert 200 in found
