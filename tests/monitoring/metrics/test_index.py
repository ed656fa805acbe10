import re
from collections.abc import Iterator

import numpy as np
import psycopg
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics import ingest, resolving, store
from monitoring.metrics.index import Index, series_index
from monitoring.metrics.ingest import Source
from monitoring.metrics.matching import BadPatternError
from monitoring.metrics.promql.storage import Labels, Matcher
from monitoring.metrics.retention import NEW_EPOCH
from monitoring.metrics.statements import Ask
from opsportal.database import conninfo
from tests.monitoring.metrics.samples import NODE, labels_of

NAMES, VALUES = ("__name__", "a", "b"), ("", "x", "xy", "y", "zz")
PATTERNS = ("x|y", "x.*", ".*", ".+", "", "[xy]+", "(x|zz)", "z{2}")
matchers = st.builds(
    lambda name, op, value, pattern: Matcher(name, op, pattern if "~" in op else value),
    st.sampled_from((*NAMES, "c")),
    st.sampled_from(("=", "!=", "=~", "!~")),
    st.sampled_from(VALUES),
    st.sampled_from(PATTERNS),
)
series = st.tuples(*(st.sampled_from(VALUES[1:] if name == "__name__" else VALUES) for name in NAMES))


def naive(labels: Labels, wanted: list[Matcher]) -> bool:
    own = dict(labels)
    for name, op, value in wanted:
        hit = own.get(name, "") == value if op in ("=", "!=") else re.fullmatch(value, own.get(name, "")) is not None
        if hit == op.startswith("!"):
            return False
    return True


@given(st.lists(series, max_size=80), st.lists(matchers, max_size=4))
def test_matchers_mean_what_they_mean_one_by_one(made: list[tuple[str, ...]], wanted: list[Matcher]) -> None:
    index = Index()
    for number, values in enumerate(made):
        pairs = {name: value for name, value in zip(NAMES, values, strict=True) if value}
        index.add(number, 1, pairs.pop("__name__"), pairs)
    found = index.match(wanted).tolist()
    assert found == [place for place, labels in enumerate(index.labels) if naive(labels, wanted)]


def test_an_expression_that_is_none_says_why() -> None:
    index = Index()
    index.add(1, 1, "m", {"a": "x"})
    with pytest.raises(BadPatternError, match="is not a regular expression"):
        index.match([Matcher("a", "=~", "(")])


def names() -> list[str]:
    return sorted(dict(labels)["n"] for labels in series_index.match([Matcher("__name__", "=", "m")]).labels)


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    with psycopg.connect(conninfo()) as database:
        yield database


def make(database: psycopg.Connection, *numbers: int) -> None:
    """Series of another process, not committed."""
    plan = resolving.resolving(resolving.Wanted(("push", str(number)), labels_of(number)) for number in numbers)
    answer: object = None
    while True:
        try:
            step = plan.send(answer)  # type: ignore[arg-type]
        except StopIteration:
            return
        assert isinstance(step, Ask)
        cursor = database.execute(step.sql, step.parameters)
        answer = cursor.fetchall() if cursor.description else []


@pytest.mark.django_db(transaction=True)
def test_a_series_is_found_as_soon_as_it_is_there(other: psycopg.Connection) -> None:
    assert names() == []
    ingest.resolve(NODE, [labels_of(1)])
    assert names() == ["1"]
    make(other, 2)
    other.commit()
    assert names() == ["1", "2"]


@pytest.mark.django_db(transaction=True)
def test_a_low_id_that_is_committed_late_is_found(other: psycopg.Connection) -> None:
    make(other, 1)
    ingest.resolve(NODE, [labels_of(2)])
    assert names() == ["2"]
    other.commit()
    assert names() == ["1", "2"]


@pytest.mark.django_db(transaction=True)
def test_a_series_of_a_rolled_back_transaction_is_found_no_more() -> None:
    from django.db import transaction

    with transaction.atomic():
        ingest.resolve(NODE, [labels_of(1)])
        assert names() == ["1"]
        transaction.set_rollback(True)
    assert names() == []


@pytest.mark.django_db(transaction=True)
def test_removed_series_vanish() -> None:
    ingest.resolve(NODE, [labels_of(1), labels_of(2)])
    assert names() == ["1", "2"]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_series WHERE labels->>'n' = '1'")
        cursor.execute(NEW_EPOCH)
    assert names() == ["2"]


@pytest.mark.django_db(transaction=True)
def test_series_that_seem_to_come_from_the_future_are_found_once(other: psycopg.Connection) -> None:
    """As after a restore into a younger cluster."""
    ingest.resolve(NODE, [labels_of(1)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE metrics_series SET created_xact = '9000000000'")
    series_index.forget()
    assert names() == names() == ["1"]
    make(other, 2)
    other.commit()
    assert names() == ["1", "2"]


def test_ids_and_targets_are_in_the_order_of_ids(db: None) -> None:
    ingest.resolve(Source("push", "b"), [labels_of(n) for n in range(5)])
    store.forget()
    found = series_index.match([])
    assert (np.diff(found.ids) > 0).all()
    assert len(set(found.targets.tolist())) == 1
