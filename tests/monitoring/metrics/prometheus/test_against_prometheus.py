"""Byte for byte what Debian's Prometheus 2.42 answers to the same requests over the same samples."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.monitoring.metrics.prometheus import estate
from tests.monitoring.metrics.prometheus.conftest import Asker
from tests.monitoring.metrics.prometheus.real_prometheus import Got, needs_prometheus, prometheus_over, theirs

pytestmark = needs_prometheus
AT = "time=END"
SPAN = "start=T0&end=END"
ASKED = [
    # values and their forms
    "query?query=1%2B1&time=4",
    "query?query=1/0&time=4",
    "query?query=0/0&time=1.68",
    "query?query=1e21&time=4",
    "query?query=%22a%5C%22b%3C%22&time=4.5",
    "query?query=vector(1)&time=1.1234",
    "query?query=vector(1)&time=0.5",
    "query?query=vector(1)&time=-1.5",
    "query?query=vector(1)&time=2015-07-01T20:10:51.781Z",
    "query?query=vector(1)&time=2015-07-01T20:10:51.781123456%2B02:00",
    f"query?query=up&{AT}",
    f"query?query=sort(temperature)&{AT}.5",
    f"query?query=tiny&{AT}",
    f"query?query=huge&{AT}",
    f"query?query=odd&{AT}",
    f"query?query=nothing&{AT}",
    f"query?query=topk(2,temperature%20or%20requests_total)&{AT}",
    f"query?query=bottomk(3,requests_total%20or%20up)&{AT}",
    f"query?query=sort_desc(requests_total%20or%20up)&{AT}",
    f"query?query=-requests_total&{AT}",
    f"query?query=requests_total%5B1m%5D&{AT}",
    f"query?query=nothing%5B1m%5D&{AT}",
    f"query?query=sum(rate(requests_total%5B5m%5D))by(code)&{AT}",
    f"query_range?query=up&{SPAN}&step=60",
    f"query_range?query=tiny&{SPAN}&step=1m",
    f"query_range?query=huge&{SPAN}&step=100.25",
    f"query_range?query=odd&{SPAN}&step=15",
    f"query_range?query=temperature&{SPAN}&step=15",
    f"query_range?query=nothing&{SPAN}&step=15",
    f"query_range?query=rate(requests_total%5B1m%5D)&{SPAN}&step=15s",
    f"query_range?query=up>0&{SPAN}&step=15s",
    "query_range?query=1&start=0&end=0.5&step=0.25",
    "query_range?query=vector(1e21)&start=0&end=0.5&step=0.25",
    "query_range?query=vector(time())&start=0.0005&end=1&step=0.2505",
    "query_range?query=1&start=0&end=1&step=1y1w1d1h1m1s1ms",
    "query_range?query=1&start=0&end=11000&step=1",
    # parameters that are wrong
    "query",
    "query?query=1&time=x",
    "query?query=1&time=2015-07-01T20:10:51.781",
    "query?query=1&timeout=x",
    "query?query=1&timeout=1e300",
    "query?query=sum(",
    "query?query=sum(1)",
    "query?query=nofunc(1)",
    "query?query=up%7Ba%3D~%22(%22%7D",
    "query?query=%7B%7D",
    "query?query=up%20%2B%20on(a)%20up%20bool",
    f"query?query=up%2Bon()up&{AT}",
    "query_range?query=1",
    "query_range?query=1&start=0",
    "query_range?query=1&start=0&end=10",
    "query_range?query=1&start=x&end=y&step=z",
    "query_range?query=1&start=0&end=10&step=0",
    "query_range?query=1&start=0&end=10&step=-1",
    "query_range?query=1&start=0&end=10&step=x",
    "query_range?query=1&start=0&end=10&step=1e300",
    "query_range?query=1&start=10&end=0&step=1",
    "query_range?query=1&start=0&end=11001&step=1",
    "query_range?query=sum(&start=0&end=1&step=1",
    "query_range?query=&start=0&end=1&step=1",
    "query_range?query=%22a%22&start=0&end=1&step=1",
    "query_range?query=up%5B1m%5D&start=0&end=1&step=1",
    # names
    "labels",
    f"labels?{SPAN}",
    "labels?match[]=up",
    "labels?match[]=up&match[]=%7Broom!%3D%22%22%7D",
    "labels?match[]=sum(",
    "labels?match[]=%7B%7D",
    "labels?start=x",
    "label/job/values",
    "label/__name__/values",
    "label/nothing/values",
    "label/room/values",
    "label/instance/values?match[]=up",
    f"label/__name__/values?{SPAN}&match[]=%7Bjob%3D%22web%22%7D",
    "label/a-b/values",
    "label/job/values?match[]=%7Ba%3D~%22.*%22%7D",
    "series",
    "series?match[]=up",
    "series?match[]=up&match[]=tiny",
    "series?match[]=temperature",
    "series?match[]=up&start=END0",
    "series?match[]=up&start=10&end=5",
    "series?match[]=",
    "series?match[]=foo%5B5m%5D",
    "series?match[]=%7B%7D",
    "series?match[]=up&start=x",
    # the rest
    "metadata?limit=x",
    "metadata?limit=0",
    "metadata",
    "query_exemplars",
    "query_exemplars?query=up&start=1&end=0",
    "query_exemplars?query=up&start=0&end=1",
    "query_exemplars?query=sum(&start=0&end=1",
    "format_query",
    "format_query?query=foo/bar",
    "format_query?query=sum(",
    "format_query?query=sum%20by(job)(rate(requests_total%7Bcode%3D~%225..%22%2Cjob%3D%22x%22%7D%5B5m%5D))",
    "rules",
    "rules?type=x",
    "rules?type=alert",
    "alerts",
    "alertmanagers",
    "status/walreplay",
]
POSTED = [
    ("query", "query=1%2B1&time=4"),
    ("query", f"query=up&{AT}"),
    ("query", "query=1+1"),
    ("query?query=5&time=2", "query=6"),
    ("query_range", f"query=up&{SPAN}&step=60"),
    ("labels", "match[]=up"),
    ("labels", ""),
    ("series", "match[]=up"),
    ("query_exemplars", "query=up&start=0&end=1"),
    ("format_query", "query=a%2Bb"),
    ("label/job/values", ""),
    ("metadata", ""),
    ("rules", ""),
]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of its API."""
    with prometheus_over(estate.openmetrics(), tmp_path_factory.mktemp("prometheus")) as address:
        yield f"{address}api/v1/"


def got(answer: Any) -> Got:
    return Got(answer.status_code, answer["Content-Type"], answer.content.decode())


@pytest.mark.parametrize("asked", ASKED)
def test_a_get_is_answered_alike(prometheus: str, asker: Asker, measured: None, asked: str) -> None:
    asked = estate.dated(asked)
    assert got(asker.get(f"api/v1/{asked}")) == theirs(prometheus + asked)


@pytest.mark.parametrize(("asked", "form"), POSTED)
def test_a_post_is_answered_alike(prometheus: str, asker: Asker, measured: None, asked: str, form: str) -> None:
    form = estate.dated(form)
    assert got(asker.post(f"api/v1/{asked}", form)) == theirs(prometheus + asked, form)


RECENT = int(time.time()) - estate.STEP_S * estate.COUNT
FEDERATED = [
    "federate",
    "federate?match[]=up",
    "federate?match[]=%7Bjob%3D%22web%22%7D&match[]=up",
    "federate?match[]=%7B__name__%3D~%22temperature|odd%22%7D",
    "federate?match[]=huge",
    "federate?match[]=tiny",
    "federate?match[]=nothing",
    "federate?match[]=",
    "federate?match[]=up%5B1m%5D",
    "federate?match[]=up%7B",
]


@pytest.fixture(scope="module")
def recent_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Federation is of now: the samples end a moment ago."""
    with prometheus_over(estate.openmetrics(RECENT), tmp_path_factory.mktemp("recent")) as address:
        yield address


@pytest.mark.parametrize("asked", FEDERATED)
def test_a_federation_is_answered_alike(recent_prometheus: str, asker: Asker, asked: str) -> None:
    estate.store(RECENT)
    assert got(asker.get(asked)) == theirs(recent_prometheus + asked)


def test_a_federation_is_read_only(recent_prometheus: str, asker: Asker) -> None:
    answer = asker.post("federate", "")
    assert got(answer) == theirs(f"{recent_prometheus}federate", "")
    assert answer["Allow"] == "GET, OPTIONS"
