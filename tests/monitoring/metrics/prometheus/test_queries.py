from typing import Any

import pytest

from monitoring.metrics import ingest
from monitoring.metrics.ingest import Metadata, Source
from monitoring.metrics.prometheus import rules
from tests.monitoring.metrics.prometheus import estate
from tests.monitoring.metrics.prometheus.conftest import Asker

SPAN = f"start={estate.T0}&end={estate.END}"


def test_a_query_without_a_time_is_of_now(asker: Asker) -> None:
    now, value = asker.data("query?query=time()")["result"]
    assert f"{now:.3f}".rstrip("0").rstrip(".") == value
    assert now > estate.END


def test_a_limit_leaves_series_out_and_says_so(asker: Asker, measured: None) -> None:
    for query in ("up", "up%5B1m%5D"):
        body = asker.get(f"api/v1/query?query={query}&time={estate.END}&limit=1").json()
        assert len(body["data"]["result"]) == 1
        assert body["warnings"] == ["results truncated due to limit"]
    assert "warnings" not in asker.get(f"api/v1/query?query=up&time={estate.END}&limit=2").json()


def test_a_limit_of_a_range_query_too(asker: Asker, measured: None) -> None:
    body = asker.get(f"api/v1/query_range?query=up&{SPAN}&step=60&limit=1").json()
    assert (len(body["data"]["result"]), len(body["warnings"])) == (1, 1)


@pytest.mark.parametrize("address", ["labels", "label/__name__/values", "series"])
def test_a_limit_of_names_leaves_some_out_and_says_so(asker: Asker, measured: None, address: str) -> None:
    found = asker.get(f"api/v1/{address}?match[]=%7B__name__%3D~%22.%2B%22%7D&limit=2").json()
    assert (len(found["data"]), found["warnings"]) == (2, ["results truncated due to limit"])


def test_a_longer_look_back_finds_older_samples(asker: Asker, measured: None) -> None:
    late = estate.END + 400
    assert asker.data(f"query?query=tiny&time={late}")["result"] == []
    assert len(asker.data(f"query?query=tiny&time={late}&lookback_delta=10m")["result"]) == 1


def test_the_timings_are_told_when_asked_for(asker: Asker) -> None:
    found = asker.data("query?query=1&stats=all")
    assert found["stats"]["timings"]["execTotalTime"] > 0


@pytest.mark.parametrize("timeout", ["0", "-1", "0s"])
def test_no_time_at_all_is_a_timeout(asker: Asker, timeout: str) -> None:
    assert asker.error(f"query?query=1&timeout={timeout}")[:2] == (503, "timeout")


def test_a_timeout_beyond_the_portals_own_does_not_count(asker: Asker) -> None:
    assert asker.get("api/v1/query?query=1&timeout=100d").status_code == 200


@pytest.mark.parametrize("step", ["0.0001", "1e-9"])
def test_a_step_below_a_millisecond_is_none(asker: Asker, step: str) -> None:
    status, kind, message = asker.error(f"query_range?query=1&start=0&end=1&step={step}")
    assert (status, kind) == (400, "bad_data")
    assert "zero or negative query resolution" in message


@pytest.mark.parametrize("time", ["NaN", "1e300", "99999999999999"])
def test_a_time_that_nobody_can_mean_is_refused(asker: Asker, time: str) -> None:
    assert asker.error(f"query?query=1&time={time}")[:2] == (400, "bad_data")


def test_metadata_is_told_by_metric(asker: Asker) -> None:
    source = Source("scrape", "test")
    ingest.metadata_write(
        source, [Metadata("a_seconds", "gauge", "An a.", "seconds"), Metadata("b_total", "counter", "B.", "")]
    )
    assert asker.data("metadata") == {
        "a_seconds": [{"type": "gauge", "help": "An a.", "unit": "seconds"}],
        "b_total": [{"type": "counter", "help": "B.", "unit": ""}],
    }
    assert list(asker.data("metadata?metric=b_total")) == ["b_total"]
    assert list(asker.data("metadata?limit=1")) == ["a_seconds"]
    assert asker.data("metadata?limit=0") == asker.data("metadata?metric=none") == {}


RULE = {
    "type": "alerting",
    "name": "Down",
    "query": "up == 0",
    "labels": {"severity": "page"},
    "alerts": [{"value": "0"}],
}
RECORDING = {"type": "recording", "name": "job:up:sum", "query": "sum by (job) (up)"}


@pytest.fixture
def ruled(monkeypatch: pytest.MonkeyPatch) -> None:
    def groups() -> list[dict[str, Any]]:
        return [{"name": "basics", "file": "portal", "interval": 60, "rules": [RULE, RECORDING]}]

    monkeypatch.setattr(rules.source, "groups", groups)
    monkeypatch.setattr(rules.source, "alerts", lambda: [{"state": "firing", "labels": {"alertname": "Down"}}])


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("rules", ["Down", "job:up:sum"]),
        ("rules?type=alert", ["Down"]),
        ("rules?type=record", ["job:up:sum"]),
        ("rules?rule_name[]=Down", ["Down"]),
        ("rules?rule_group[]=basics&file[]=portal", ["Down", "job:up:sum"]),
        ("rules?match[]=%7Bseverity%3D%22page%22%7D", ["Down"]),
        ("rules?rule_group[]=others", None),
        ("rules?rule_name[]=others", None),
    ],
)
def test_the_room_of_alerts_tells_its_rules_once_it_is_there(
    asker: Asker, ruled: None, asked: str, names: list[str] | None
) -> None:
    found = [[rule["name"] for rule in group["rules"]] for group in asker.data(asked)["groups"]]
    assert found == ([names] if names else [])


def test_alerts_are_told_and_can_be_left_out_of_rules(asker: Asker, ruled: None) -> None:
    assert asker.data("alerts") == {"alerts": [{"state": "firing", "labels": {"alertname": "Down"}}]}
    bare = asker.data("rules?exclude_alerts=true")["groups"][0]["rules"][0]
    assert ("alerts" in bare, "alerts" in asker.data("rules")["groups"][0]["rules"][0]) == (False, True)
