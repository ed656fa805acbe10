"""The judge of the torture: due times on a check's own grid, and what came of each."""

from monitoring.checks.schedule import phase_s
from tests.story.judge import Verdict, verdict

CHECK, EVERY_S = 7, 2
FIRST = 1_000_000.0 + phase_s(CHECK, EVERY_S)


def judged(*seconds: float) -> Verdict:
    """Results so many seconds after the first due time; the first five due times count."""
    return verdict([(CHECK, EVERY_S, [FIRST + at for at in seconds])], FIRST - 1, FIRST - 1 + 5 * EVERY_S)


def test_a_result_for_every_due_time_is_all_that_is_wanted() -> None:
    assert judged(0, 2, 4, 6, 8) == Verdict(checks=1, due=5, missed=0, doubled=0, overdue_s=0.0)


def test_due_times_that_passed_without_a_run_are_counted() -> None:
    found = judged(0, 6, 8)
    assert (found.missed, found.doubled, round(found.overdue_s, 3)) == (2, 0, 4)


def test_two_results_for_one_due_time_are_a_double() -> None:
    assert judged(0, 2, 3.9, 4, 6, 8).doubled == 1


def test_a_late_result_still_counts_for_its_due_time() -> None:
    found = judged(0, 2, 5.5, 6, 8)
    assert (found.missed, found.doubled, round(found.overdue_s, 3)) == (0, 0, 1.5)
