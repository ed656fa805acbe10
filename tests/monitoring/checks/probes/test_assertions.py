"""Demands on a body that would take too long, or find too much."""

import orjson
import pytest

from monitoring.checks.choices import Cause
from monitoring.checks.probes.assertions import MOST_FOUND, json_holds, json_query


def test_a_path_that_multiplies_by_the_body_is_refused() -> None:
    with pytest.raises(ValueError, match="Not more than one"):
        json_query("$..*..*")


def test_a_path_that_finds_too_much_is_a_complaint() -> None:
    body = orjson.dumps([0] * (MOST_FOUND // 2)).decode()
    complaint = json_holds("$[*,*,*]", "exists", "")(body)
    assert complaint is not None
    assert (complaint.cause, complaint.words) == (Cause.TOO_LARGE, "$[*,*,*] finds more than 10,000 values")


def test_a_body_too_deep_to_walk_is_a_complaint_and_no_crash() -> None:
    complaint = json_holds("$..*", "exists", "")("[" * 900 + "1" + "]" * 900)
    assert complaint is not None
    assert complaint.words == "$..* cannot be asked of this JSON"
