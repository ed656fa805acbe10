"""A short form of `make torture-alerts`, and its judge."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks.alerts.torture.receivers import Taken
from benchmarks.alerts.torture.verdict import judge
from opsportal.env import BASE_DIR

SHORT = {"TORTURE_ALERTS": "300", "TORTURE_KILLS": "6"}
LONGEST_S = 240
FIRING, RESOLVED = "firing", "resolved"


def told(*messages: tuple[str, int, str]) -> Taken:
    """Messages to receiver 0: key, number of the alert, status."""
    taken = Taken()
    for key, number, status in messages:
        body = f'{{"alerts": [{{"status": "{status}", "labels": {{"number": "{number}", "receiver": "0"}}}}]}}'
        taken.take(0, key, body.encode())
    return taken


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(LONGEST_S + 30)
def test_no_alert_is_lost_while_parts_are_killed_and_receivers_fail() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.torture_alerts"],
        cwd=BASE_DIR,
        env=os.environ | SHORT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "alerts accepted: 300" in ended.stdout, ended.stdout


def test_the_judge_finds_an_alert_that_nobody_was_told_of() -> None:
    assert judge([1, 2], told(("a", 1, FIRING), ("b", 1, RESOLVED))).lost == 1


def test_the_judge_finds_an_alert_that_was_not_told_as_resolved() -> None:
    assert judge([1], told(("a", 1, FIRING))).unresolved == 1


def test_the_judge_tells_a_message_that_came_again_from_one_under_another_key() -> None:
    again = judge([1], told(("a", 1, FIRING), ("a", 1, FIRING), ("b", 1, RESOLVED)))
    assert (again.repeated, again.otherwise, again.repeated_share) == (1, 0, 50.0)
    other = judge([1], told(("a", 1, FIRING), ("c", 1, FIRING), ("b", 1, RESOLVED)))
    assert (other.repeated, other.otherwise) == (0, 1)


def test_the_judge_finds_another_message_under_a_used_key() -> None:
    assert judge([1], told(("a", 1, FIRING), ("a", 1, RESOLVED))).changed == 1


def test_the_judge_is_content_when_each_was_told_once() -> None:
    verdict = judge([1], told(("a", 1, FIRING), ("b", 1, RESOLVED)))
    assert verdict == replace(verdict, lost=0, unresolved=0, uncalled=0, misled=0, repeated=0, otherwise=0, changed=0)
