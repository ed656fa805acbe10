"""kill -9 at random moments of writing and compacting. `make torture-metrics` does it 500 times."""

import pytest

from monitoring.metrics.verifying import verify
from tests.monitoring.metrics.killing import lives

KILLS = 15


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_a_kill_loses_and_doubles_nothing_that_was_acknowledged() -> None:
    toll = lives(KILLS, seed=7)
    assert toll.batches > 0
    assert (toll.lost, toll.wrong, toll.strange) == (0, 0, 0)
    assert [fault for progress in verify() for fault in progress.faults] == []
