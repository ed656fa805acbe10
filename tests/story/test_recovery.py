"""A whole portal under a few of the faults of `make torture-checks`, which inflicts them all."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.faults import Fault, freeze, kill
from tests.story.torture import Scene, scene

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(180)]
CHECKS = 50


@pytest.fixture(scope="module")
def stage() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="opsportal-story-") as folder, scene(Path(folder), CHECKS) as found:
        yield found


@pytest.mark.parametrize("fault", [kill("web"), kill("postgres"), freeze("valkey", 3)], ids=lambda fault: fault.name)
def test_the_portal_recovers_by_itself_and_doubles_nothing(stage: Scene, fault: Fault) -> None:
    recovery = stage.suffer(fault)
    assert recovery.verdict.doubled == 0, recovery


def test_the_checks_of_a_killed_engine_run_again_after_its_lease(stage: Scene) -> None:
    recovery = stage.suffer(kill("engine"))
    assert recovery.verdict.doubled == 0, recovery
    assert 0 < recovery.verdict.missed < recovery.verdict.due, recovery
