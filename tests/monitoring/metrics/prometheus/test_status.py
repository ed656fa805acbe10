import pytest

from tests.monitoring.metrics.prometheus.conftest import Asker


def test_the_version_lets_grafana_use_all_it_may_and_says_what_it_is(asker: Asker) -> None:
    found = asker.data("status/buildinfo")
    assert found["version"].split(".")[0] == "2"
    assert (found["branch"], found["revision"].startswith("opsportal-")) == ("opsportal", True)
    assert "features" not in found  # what has features is taken for Mimir


@pytest.mark.parametrize(
    ("name", "key"),
    [("config", "yaml"), ("flags", "query.timeout"), ("runtimeinfo", "startTime"), ("walreplay", "current")],
)
def test_a_status_has_prometheus_form_and_no_secret(asker: Asker, name: str, key: str) -> None:
    found = asker.data(f"status/{name}")
    assert key in found
    assert "password" not in str(found).lower()


def test_cardinality_is_counted(asker: Asker, db: None) -> None:
    import time

    import numpy as np

    from monitoring.metrics import ingest
    from monitoring.metrics.ingest import Source
    from tests.monitoring.metrics.prometheus.estate import labels

    identities = [labels("up", instance=str(number), job="node") for number in range(3)] + [labels("load", job="node")]
    ids = ingest.resolve(Source("scrape", "test"), identities).ids
    now = np.full(4, int(time.time() * 1000) - 60_000, dtype=np.int64)
    ingest.append(ids, now, np.ones(4))
    found = asker.data("status/tsdb?limit=2")
    assert (found["headStats"]["numSeries"], found["headStats"]["numLabelPairs"]) == (4, 6)
    assert found["seriesCountByMetricName"] == [{"name": "up", "value": 3}, {"name": "load", "value": 1}]
    assert found["seriesCountByLabelValuePair"][0] == {"name": "job=node", "value": 4}
    assert found["labelValueCountByLabelName"][0] == {"name": "instance", "value": 3}
