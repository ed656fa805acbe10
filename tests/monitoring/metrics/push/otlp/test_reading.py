from typing import Any

import numpy as np
import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from monitoring.metrics.promql.storage import STALE_BITS
from monitoring.metrics.push.heard import TooMuchError
from monitoring.metrics.push.otlp import collecting
from monitoring.metrics.push.otlp.attributes import labels_of
from monitoring.metrics.push.otlp.reading import read, target_of
from tests.fakes.otlp_sender import CUMULATIVE, DELTA, NO_VALUE, SHOP, export, gauge, histogram, put, total

AT_MS = 1_795_521_600_000
OWN = 'instance="cart-1",job="shop/cart"'


def samples(*metrics: Metric, **options: Any) -> dict[str, float]:
    """Values by series as people write it, of what is not target_info."""
    heard = read(export(*metrics, **options)).heard()
    names = []
    for labels in heard.strangers:
        inside = ",".join(f'{name}="{value}"' for name, value in labels if name != "__name__")
        names.append(f"{dict(labels)['__name__']}{{{inside}}}")
    return {names[-1 - owner]: value for owner, value in zip(heard.owners, heard.values.tolist(), strict=True)}


def test_a_gauge_is_a_series_with_job_and_instance() -> None:
    assert samples(gauge("queue.length", 3.0, AT_MS, queue="mail")) == {
        f'queue_length{{{OWN},queue="mail"}}': 3.0,
    }


def test_a_cumulative_sum_is_a_counter_and_one_that_falls_a_gauge() -> None:
    found = samples(total("requests", 7, AT_MS), total("connections", 2, AT_MS, monotonic=False))
    assert found == {f"requests_total{{{OWN}}}": 7.0, f"connections{{{OWN}}}": 2.0}


def test_a_histogram_is_cumulative_buckets_count_and_sum() -> None:
    assert samples(histogram("wait", [1, 2, 3], AT_MS)) == {
        f"wait_seconds_count{{{OWN}}}": 6.0,
        f"wait_seconds_sum{{{OWN}}}": 6.0,
        f'wait_seconds_bucket{{{OWN},le="0.1"}}': 1.0,
        f'wait_seconds_bucket{{{OWN},le="1"}}': 3.0,
        f'wait_seconds_bucket{{{OWN},le="+Inf"}}': 6.0,
    }


def test_a_summary_is_quantiles_count_and_sum() -> None:
    metric = Metric(name="wait", unit="s")
    point = metric.summary.data_points.add(time_unix_nano=AT_MS * 1_000_000, count=4, sum=8)
    point.quantile_values.add(quantile=0.5, value=1.5)
    assert samples(metric) == {
        f"wait_seconds_count{{{OWN}}}": 4.0,
        f"wait_seconds_sum{{{OWN}}}": 8.0,
        f'wait_seconds{{{OWN},quantile="0.5"}}': 1.5,
    }


def test_what_else_is_known_of_the_target_is_target_info() -> None:
    found = samples(gauge("x", 1, AT_MS), resource=SHOP | {"service.version": "1.2", "host.cpus": 4})
    assert found[f'target_info{{host_cpus="4",{OWN},service_version="1.2"}}'] == 1.0


def test_a_target_without_a_service_has_no_target_info() -> None:
    assert list(samples(gauge("x", 1, AT_MS), resource={"host.name": "web1"})) == ["x{}"]


def test_an_attribute_too_long_for_a_label_is_left_out_of_target_info() -> None:
    found = samples(gauge("x", 1, AT_MS), resource=SHOP | {"process.command": "x" * 5_000, "host.name": "web1"})
    assert f'target_info{{host_name="web1",{OWN}}}' in found


def test_the_scope_is_two_labels() -> None:
    assert list(samples(gauge("x", 1, AT_MS), scope="http")) == [f'x{{{OWN},otel_scope_name="http"}}']


def test_without_a_namespace_the_job_is_the_service() -> None:
    request = export(resource={"service.name": "cart"})
    assert target_of(request.resource_metrics[0].resource) == {"job": "cart", "instance": ""}


def test_no_recorded_value_is_a_stale_marker() -> None:
    heard = read(export(gauge("x", 1, AT_MS, flags=NO_VALUE), histogram("h", [1, 2], AT_MS, DELTA, NO_VALUE))).heard()
    assert set(heard.values.view(np.uint64).tolist()) == {STALE_BITS}
    assert heard.differences is not None
    assert not heard.differences.any()


def test_values_that_are_not_finite_are_taken() -> None:
    assert samples(gauge("x", float("inf"), AT_MS))[f"x{{{OWN}}}"] == float("inf")


def test_attributes_that_become_one_label_are_joined() -> None:
    point = gauge("x", 1, AT_MS).gauge.data_points[0]
    put(point.attributes, {"a.b": "dot", "a_b": "line", "t": True, "f": 0.5, "n": 3})
    assert labels_of(point.attributes) == {"a_b": "dot;line", "t": "true", "f": "0.5", "n": "3"}


def test_lists_and_maps_are_json_and_bytes_base64() -> None:
    point = gauge("x", 1, AT_MS).gauge.data_points[0]
    point.attributes.add(key="list").value.array_value.values.add(int_value=1)
    point.attributes.add(key="map").value.kvlist_value.values.add(key="a").value.bool_value = True
    point.attributes.add(key="bytes").value.bytes_value = b"\xff"
    point.attributes.add(key="none")
    assert labels_of(point.attributes) == {"list": "[1]", "map": '{"a":true}', "bytes": "/w==", "none": ""}


def exponential() -> Metric:
    metric = Metric(name="wait")
    metric.exponential_histogram.data_points.add(count=1)
    return metric


def too_many_buckets() -> Metric:
    metric = histogram("wait", [1, 2, 3], AT_MS)
    metric.histogram.data_points[0].bucket_counts.append(4)
    return metric


def falling_bounds() -> Metric:
    metric = histogram("wait", [1, 2, 3], AT_MS)
    metric.histogram.data_points[0].explicit_bounds[:] = [2.0, 1.0]
    return metric


def no_value() -> Metric:
    metric = Metric(name="x")
    metric.gauge.data_points.add()
    return metric


def many_attributes() -> Metric:
    metric = gauge("x", 1, AT_MS)
    put(metric.gauge.data_points[0].attributes, {f"label{number}": "x" for number in range(90)})
    return metric


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (exponential(), "explicit buckets"),
        (too_many_buckets(), "one bucket more than bounds"),
        (falling_bounds(), "do not grow"),
        (no_value(), "has no value"),
        (gauge("", 1, AT_MS), "has no name"),
        (total("x", 1, AT_MS, 0), "neither cumulative nor delta"),
        (total("x", 1, AT_MS, DELTA, monotonic=False), "send it as cumulative"),
        (total("x", -1, AT_MS, DELTA), "negative"),
        (total("x", float("nan"), AT_MS, DELTA), "not a number"),
        (gauge("x", 1, AT_MS, label="x" * 5_000), "shorten"),
        (many_attributes(), "send at most 64"),
    ],
)
def test_a_point_that_cannot_be_stored_is_refused_with_a_reason_and_the_others_kept(metric: Metric, words: str) -> None:
    collected = read(export(metric, gauge("good", 1, AT_MS)))
    assert collected.tally.total == 1
    assert words in collected.tally.sentence(1)
    assert [dict(labels)["__name__"] for labels in collected.heard().strangers] == ["good"]


def test_more_samples_than_a_request_may_have_are_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_SAMPLES", 4)
    with pytest.raises(TooMuchError):
        read(export(histogram("wait", [1, 2, 3], AT_MS, CUMULATIVE)))


def test_metadata_is_told_of_each_metric() -> None:
    found = read(export(gauge("disk.free", 1, AT_MS, "By"), total("requests", 1, AT_MS))).metadata
    assert [tuple(one) for one in found.values()] == [
        ("disk_free_bytes", "gauge", "About disk.free.", "bytes"),
        ("requests_total", "counter", "", ""),
    ]
