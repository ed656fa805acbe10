"""The portal with its reducer, in virtual time, beside the thinking that is compared with Alertmanager."""

import pytest

from benchmarks.compat_alertmanager.compare import differences
from benchmarks.compat_alertmanager.generating import case_of
from benchmarks.compat_alertmanager.ours import START, World
from benchmarks.compat_alertmanager.stored import Portal


@pytest.mark.parametrize("seed", [2, 6, 24, 10_001, 10_002])
def test_the_portal_tells_what_it_thinks(db: None, seed: int) -> None:
    case = case_of(seed, START)
    told = Portal(case).play()
    assert told
    assert differences(World(case, contract=True).play(), told) == []
