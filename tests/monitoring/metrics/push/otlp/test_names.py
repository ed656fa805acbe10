import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.push.otlp.names import label_name, metric_name, unit_name

METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@pytest.mark.parametrize(
    ("name", "unit", "is_counter", "is_gauge", "wanted"),
    [
        ("http.server.duration", "ms", False, False, "http_server_duration_milliseconds"),
        ("system.filesystem.usage", "By", False, False, "system_filesystem_usage_bytes"),
        ("system.network.dropped", "{packets}", True, False, "system_network_dropped_total"),
        ("system.network.dropped", "packets", False, False, "system_network_dropped_packets"),
        ("system.memory.utilization", "1", False, True, "system_memory_utilization_ratio"),
        ("cpu.ratio", "1", False, True, "cpu_ratio"),
        ("requests", "1", True, False, "requests_total"),
        ("requests_total", "", True, False, "requests_total"),
        ("requests.total", "s", True, False, "requests_seconds_total"),
        ("disk.io", "By/s", False, True, "disk_io_bytes_per_second"),
        ("messages", "{message}/s", False, True, "messages_per_second"),
        ("uptime_seconds", "s", False, True, "uptime_seconds"),
        ("speed", "m/s", False, True, "speed_meters_per_second"),
        ("battery", "%", False, True, "battery_percent"),
        ("(lambda).function.executions(#)", "", False, False, "lambda_function_executions"),
        ("2xx", "", False, False, "_2xx"),
        ("a:b", "", False, False, "a:b"),
        ("...", "s", False, False, ""),
        ("größe", "", False, False, "gr_e"),
    ],
)
def test_a_metric_is_named_as_prometheus_names_it(
    name: str, unit: str, is_counter: bool, is_gauge: bool, wanted: str
) -> None:
    assert metric_name(name, unit, is_counter=is_counter, is_gauge=is_gauge) == wanted


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("http.status_code", "http_status_code"),
        ("a--b", "a_b"),
        ("1st", "key_1st"),
        ("_private", "key_private"),
        ("__name__", "key_name_"),
        ("", "key_"),
        ("name:part", "name_part"),
    ],
)
def test_a_label_is_named_as_prometheus_names_it(key: str, wanted: str) -> None:
    assert label_name(key) == wanted


@given(st.text(), st.text(max_size=10), st.booleans(), st.booleans())
def test_every_name_is_one_that_prometheus_takes(name: str, unit: str, is_counter: bool, is_gauge: bool) -> None:
    found = metric_name(name, unit, is_counter=is_counter, is_gauge=is_gauge)
    assert not found or METRIC.fullmatch(found)
    assert LABEL.fullmatch(label_name(name))


@pytest.mark.parametrize(
    ("unit", "wanted"), [("s", "seconds"), ("By/s", "bytes_per_second"), ("{packet}", ""), ("", ""), ("1", "")]
)
def test_the_unit_is_told_in_words(unit: str, wanted: str) -> None:
    assert unit_name(unit) == wanted
