import pytest

from monitoring.checks.choices import Cause, Status
from monitoring.checks.grading import graded
from monitoring.checks.probes.base import Result, Unit, Value

DECLARED = {"disk_used_ratio": Value("Disk used", Unit.RATIO)}
DISK = [{"value": "disk_used_ratio", "comparator": "ge", "degraded": 0.8, "down": 0.95}]


def after(verdict: Status, **values: float) -> Result:
    return graded(Result(verdict, "Read", values=values), DISK, DECLARED)


@pytest.mark.parametrize(
    ("ratio", "status"), [(0.79, Status.UP), (0.8, Status.DEGRADED), (0.94, Status.DEGRADED), (0.95, Status.DOWN)]
)
def test_a_threshold_grades_a_value(ratio: float, status: Status) -> None:
    assert after(Status.UP, disk_used_ratio=ratio).verdict == status


def test_a_threshold_sees_every_labelled_value_and_tells_of_the_worst_in_words() -> None:
    values = {'disk_used_ratio{mount="/"}': 0.85, 'disk_used_ratio{mount="/data"}': 0.97}
    result = graded(Result(Status.UP, "Read", values=values), DISK, DECLARED)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.THRESHOLD)
    assert result.summary == "Disk used /data is 97 %, at least 95 %. Read"


def test_a_value_that_no_kind_declares_is_named_as_it_is() -> None:
    rows = [{"value": "late_checks", "comparator": "gt", "degraded": 20, "down": None}]
    result = graded(Result(Status.UP, "1 row", values={"late_checks": 21}), rows, {})
    assert result.summary == "late_checks is 21, above 20. 1 row"


@pytest.mark.parametrize("verdict", [Status.DEGRADED, Status.DOWN, Status.UNKNOWN])
def test_thresholds_never_make_a_verdict_better(verdict: Status) -> None:
    assert after(verdict, disk_used_ratio=0.1).verdict == verdict
    assert after(verdict, disk_used_ratio=0.85).summary == "Read"


def test_values_that_are_no_numbers_are_left_out() -> None:
    assert after(Status.UP, disk_used_ratio=float("nan")).values == {}
