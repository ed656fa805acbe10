import shutil
import subprocess

import pytest

from opsportal.measures.reading import Shown
from opsportal.measures.writing import OPEN_METRICS, TEXT, content_type, written

FAMILIES = [
    Shown("opsportal_taken_total", "counter", 'What was "taken".', {'door="b"': "2", 'door="a"': "1"}),
    Shown("opsportal_lag_seconds", "gauge", "Lag.", {"": "0.25"}),
    Shown(
        "opsportal_wait_seconds",
        "histogram",
        "Waited.",
        buckets={'door="a"': {"+Inf": 1, "0.1": 2, "1": 3, "10": 0}},
        sums={'door="a"': "7.5"},
    ),
]


def test_text_has_a_head_and_sorted_samples() -> None:
    assert written(FAMILIES[:2], TEXT).decode() == (
        '# HELP opsportal_taken_total What was "taken".\n# TYPE opsportal_taken_total counter\n'
        'opsportal_taken_total{door="a"} 1\nopsportal_taken_total{door="b"} 2\n'
        "# HELP opsportal_lag_seconds Lag.\n# TYPE opsportal_lag_seconds gauge\nopsportal_lag_seconds 0.25\n"
    )


def test_open_metrics_names_the_family_without_total_tells_the_unit_and_ends() -> None:
    assert written(FAMILIES[:2], OPEN_METRICS).decode() == (
        '# HELP opsportal_taken What was \\"taken\\".\n# TYPE opsportal_taken counter\n'
        'opsportal_taken_total{door="a"} 1\nopsportal_taken_total{door="b"} 2\n'
        "# HELP opsportal_lag_seconds Lag.\n# TYPE opsportal_lag_seconds gauge\n# UNIT opsportal_lag_seconds seconds\n"
        "opsportal_lag_seconds 0.25\n# EOF\n"
    )


def test_buckets_are_cumulated_and_ascend() -> None:
    lines = written(FAMILIES[2:], TEXT).decode().splitlines()[2:]
    assert lines == [
        'opsportal_wait_seconds_bucket{door="a",le="0.1"} 2',
        'opsportal_wait_seconds_bucket{door="a",le="1"} 5',
        'opsportal_wait_seconds_bucket{door="a",le="10"} 5',
        'opsportal_wait_seconds_bucket{door="a",le="+Inf"} 6',
        'opsportal_wait_seconds_sum{door="a"} 7.5',
        'opsportal_wait_seconds_count{door="a"} 6',
    ]


def test_open_metrics_has_bounds_with_a_decimal_point() -> None:
    assert b'le="1.0"} 5' in written(FAMILIES[2:], OPEN_METRICS)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/plain", TEXT),
        ("application/openmetrics-text", OPEN_METRICS),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPEN_METRICS),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.9", TEXT),
        ("application/openmetrics-text;q=nonsense", TEXT),
        ("text/html,application/xhtml+xml,*/*;q=0.8", TEXT),
    ],
)
def test_the_form_is_what_the_scraper_prefers(accept: str, kind: str) -> None:
    assert content_type(accept) == kind


def test_promtool_has_nothing_to_say() -> None:
    if not (promtool := shutil.which("promtool")):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    answer = subprocess.run(
        [promtool, "check", "metrics"], input=written(FAMILIES, TEXT), capture_output=True, check=False
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b"")
