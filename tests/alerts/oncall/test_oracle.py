"""The code beside a reading of the clock minute by minute (oracle.py): no minute may differ. ORACLE_CASES=50000 is the long form."""

import os
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from alerts.oncall.timeline import final
from tests.alerts.oncall.oracle import Minutes, micro, people_of_plan
from tests.alerts.oncall.plans import Case, cases

CASES = int(os.environ.get("ORACLE_CASES", "300"))


def as_minutes(case: Case) -> Minutes:
    """What the code says, for each minute. Its stretches have to follow one another without a hole, each unlike the one before."""
    end = case.start + timedelta(minutes=case.minutes)
    stretches = final(case.plan, case.start, end)
    assert stretches[0].start == case.start
    assert stretches[-1].end == end
    out = np.zeros(case.minutes, dtype=np.int64)
    for number, stretch in enumerate(stretches):
        assert number == 0 or (
            stretches[number - 1].end == stretch.start and stretches[number - 1].people != stretch.people
        )
        first, last = (-((micro(case.start) - micro(at)) // 60_000_000) for at in (stretch.start, stretch.end))
        out[first:last] = sum(1 << person for person in stretch.people)
    return out


@pytest.mark.timeout(0 if CASES > 1000 else 120)
def test_no_minute_differs_from_a_reading_of_the_clock() -> None:
    compared: list[int] = []

    @settings(
        max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )
    @given(cases())
    def compare(case: Case) -> None:
        expected = people_of_plan(case.plan, case.zone, case.start, case.minutes)
        differing = np.flatnonzero(as_minutes(case) != expected)
        assert not len(differing), f"minute {differing[0]} of {case}"
        compared.append(case.minutes)

    compare()
    assert len(compared) >= CASES
    print(f"{len(compared)} schedules, {sum(compared)} minutes: no difference")  # noqa: T201 - the figure of the long form
