"""What Alertmanager 0.25 told in random cases, as `python -m benchmarks.compat_alertmanager --record` wrote it down, and what we would."""

from pathlib import Path

import pytest

from benchmarks.compat_alertmanager.compare import differences
from benchmarks.compat_alertmanager.ours import World
from benchmarks.compat_alertmanager.playing import Played, judge
from benchmarks.compat_alertmanager.recording import read

RECORDED = read(Path(__file__).parent / "recorded" / "alertmanager_0_25.jsonl")


@pytest.mark.parametrize("played", RECORDED, ids=lambda played: f"case-{played.case.seed}")
def test_the_same_is_told_as_by_alertmanager(played: Played) -> None:
    verdict = judge(played)
    assert (verdict.differing, verdict.unkept) == ([], [])


def test_the_recorded_cases_are_worth_it() -> None:
    told = [one for played in RECORDED for one in played.told]
    assert len(RECORDED) >= 20
    assert len(told) >= 200
    assert {one.status for one in told} == {"firing", "resolved"}
    assert any(played.case.inhibit_rules for played in RECORDED)
    assert any("silence" in step for played in RECORDED for step in played.case.steps)


def test_a_difference_is_found() -> None:
    played = next(one for one in RECORDED if len(one.told) > 5)
    plain = World(played.case, contract=False, start=played.start, beat_s=played.beat_s).play()
    assert differences(played.told[:-1], plain)
    assert differences(played.told, [*plain, plain[-1]])
