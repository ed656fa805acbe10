import shutil
import subprocess

import pytest

from monitoring.metrics.formats.writing import Family, Sample, write_text

PROMTOOL = shutil.which("promtool")

REQUESTS = Family(
    "shop_requests",
    "counter",
    'Requests "served".\nBy path\\method.',
    "",
    [
        Sample("shop_requests_total", (("method", "get"), ("path", 'a"b\\c\nd')), 12345678.0),
        Sample("shop_requests_created", (("method", "get"), ("path", 'a"b\\c\nd')), 1.7e9),
    ],
)
LATENCY = Family(
    "shop_latency_seconds",
    "histogram",
    "How long they took.",
    "seconds",
    [
        Sample("shop_latency_seconds_bucket", (("le", "1"),), 2.0),
        Sample("shop_latency_seconds_bucket", (("le", "+Inf"),), 3.0),
        Sample("shop_latency_seconds_sum", (), 4.25),
        Sample("shop_latency_seconds_count", (), 3.0),
    ],
)
BUILD = Family("shop_build", "info", "What runs.", "", [Sample("shop_build_info", (("version", "1.2"),), 1.0)])
OTHER = Family("shop_other_ratio", "unknown", "Something.", "", [Sample("shop_other_ratio", (), float("nan"))])
ALL = [REQUESTS, LATENCY, BUILD, OTHER]


def test_the_older_format_has_suffixes_in_its_names_and_created_times_apart() -> None:
    assert write_text([REQUESTS, BUILD], openmetrics=False).decode() == (
        '# HELP shop_requests_total Requests "served".\\nBy path\\\\method.\n'
        "# TYPE shop_requests_total counter\n"
        'shop_requests_total{method="get",path="a\\"b\\\\c\\nd"} 1.2345678e+07\n'
        '# HELP shop_requests_created Requests "served".\\nBy path\\\\method.\n'
        "# TYPE shop_requests_created gauge\n"
        'shop_requests_created{method="get",path="a\\"b\\\\c\\nd"} 1.7e+09\n'
        "# HELP shop_build_info What runs.\n# TYPE shop_build_info gauge\n"
        'shop_build_info{version="1.2"} 1\n'
    )


def test_openmetrics_names_families_without_suffix_and_ends_with_eof() -> None:
    assert write_text([REQUESTS, BUILD], openmetrics=True).decode() == (
        '# HELP shop_requests Requests \\"served\\".\\nBy path\\\\method.\n'
        "# TYPE shop_requests counter\n"
        'shop_requests_total{method="get",path="a\\"b\\\\c\\nd"} 1.2345678e+07\n'
        'shop_requests_created{method="get",path="a\\"b\\\\c\\nd"} 1.7e+09\n'
        "# HELP shop_build What runs.\n# TYPE shop_build info\n"
        'shop_build_info{version="1.2"} 1\n'
        "# EOF\n"
    )


def test_a_counter_without_its_suffix_is_unknown_to_openmetrics() -> None:
    family = Family("hits", "counter", "", "", [Sample("hits", (), 1.0)])
    assert write_text([family], openmetrics=True) == b"# TYPE hits unknown\nhits 1\n# EOF\n"
    assert write_text([family], openmetrics=False) == b"# TYPE hits counter\nhits 1\n"


def test_bounds_take_the_form_of_the_format() -> None:
    assert b'_bucket{le="1"} 2\n' in write_text([LATENCY], openmetrics=False)
    assert b'_bucket{le="1.0"} 2\n' in write_text([LATENCY], openmetrics=True)


def test_units_are_told_where_the_name_has_them() -> None:
    assert b"# UNIT shop_latency_seconds seconds\n" in write_text([LATENCY], openmetrics=True)
    assert b"UNIT" not in write_text([LATENCY._replace(unit="bytes")], openmetrics=True)


def test_times_are_milliseconds_in_the_older_and_seconds_in_the_newer_format() -> None:
    family = Family("t", "gauge", "", "", [Sample("t", (), 1.0, 1700000000007), Sample("t", (("a", "b"),), 1.0, -1)])
    assert write_text([family], openmetrics=False).endswith(b't 1 1700000000007\nt{a="b"} 1 -1\n')
    assert write_text([family], openmetrics=True).endswith(b't 1 1700000000.007\nt{a="b"} 1 -0.001\n# EOF\n')


def test_names_beyond_the_alphabet_are_quoted() -> None:
    family = Family("my.metric", "gauge", "x", "", [Sample("my.metric", (("k é", "v"), ("ok", "1")), 2.0)])
    assert write_text([family], openmetrics=False).decode() == (
        '# HELP "my.metric" x\n# TYPE "my.metric" gauge\n{"my.metric","k é"="v",ok="1"} 2\n'
    )


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_promtool_finds_nothing_to_complain_of() -> None:
    assert PROMTOOL
    told = subprocess.run(
        [PROMTOOL, "check", "metrics"],
        input=write_text(ALL, openmetrics=False),
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")
