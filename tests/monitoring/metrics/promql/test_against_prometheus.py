"""Our PromQL beside Debian's Prometheus 2.42: every fifth expression of `make compat-promql`, which asks all of them."""

from collections.abc import Iterator

import pytest

from benchmarks.compat.ours import Ours
from benchmarks.compat.prometheus import Prometheus, missing, running
from benchmarks.compat.queries import FAMILIES
from benchmarks.compat.samples import BASE_S, data_set
from benchmarks.compat.stores import in_memory
from benchmarks.compat.tally import of_family, tally

EVERY = 5

WHY_NOT = missing()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@pytest.fixture(scope="module")
def sides() -> Iterator[tuple[Prometheus, Ours]]:
    series = data_set()
    with running() as prometheus:
        prometheus.feed(series)
        yield prometheus, Ours(in_memory(series))


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_those_of_prometheus(family: str, sides: tuple[Prometheus, Ours]) -> None:
    found = tally(family, of_family(family, BASE_S, EVERY), *sides)
    assert [(one.question.text, one.question.mode, one.words) for one in found.findings] == []
    assert found.counts["equal"] == found.questions > 0
