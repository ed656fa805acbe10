"""Unit tests of rule files fail and succeed as they do in promtool."""

import json

import pytest

from alerts.rules.prometheus_files import reading, unit_testing, unit_tests
from tests.alerts.rules.prometheus_files.unit_test_cases import PROMTOOL, RECORDED, RULES, files, heads, of_promtool

FILES = files()
TOLD = json.loads(RECORDED.read_text())


@pytest.mark.parametrize("name", FILES)
def test_what_promtool_says(name: str) -> None:
    found = unit_testing.tested(unit_tests.parse(FILES[name]), reading.parse(RULES))
    assert heads("\n".join(found)) == TOLD[name]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_what_was_recorded_is_what_promtool_says_now() -> None:
    assert {name: of_promtool(text) for name, text in FILES.items()} == TOLD
