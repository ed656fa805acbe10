import pytest

from monitoring.metrics import portable, store
from monitoring.metrics.ingest import Source
from monitoring.metrics.models import Series
from monitoring.metrics.portable import BadLineError, Imported
from monitoring.metrics.promql.storage import STALE_BITS, Matcher
from tests.monitoring.metrics.samples import NOON_MS, add, labels_of, select, stored

ODD = [
    STALE_BITS,
    0x7FF8000000000001,
    0x7FF8000000000000,
    0xFFF8000000000000,
    0x7FF0000000000000,
    0xFFF0000000000000,
    1,
    1 << 63,
]
HERE = Source("push", "import")


def taken(*lines: bytes) -> Imported:
    *_, last = portable.import_lines(lines, HERE)
    return last


def test_what_is_exported_and_imported_is_the_same_bit_by_bit(db: None) -> None:
    add((labels_of(n), NOON_MS + place * 1000, bits) for n in range(3) for place, bits in enumerate(ODD))
    wanted = stored(select())
    lines = list(portable.export([], NOON_MS - 10**9, NOON_MS + 10**9))
    empty_the_store()
    assert taken(*lines).samples == len(wanted)
    assert stored(select()) == wanted


def empty_the_store() -> None:
    from django.db import connection

    from monitoring.metrics.index import series_index

    with connection.cursor() as cursor:
        for table in ("metrics_hot", "metrics_schema", "metrics_series"):
            cursor.execute(f"DELETE FROM {table}")
    store.forget()
    series_index.forget()


def test_an_export_keeps_to_its_span_and_its_series(db: None) -> None:
    add((labels_of(n), NOON_MS + place * 1000, place) for n in range(2) for place in range(5))
    lines = list(portable.export([[Matcher("n", "=", "1")]], NOON_MS + 1000, NOON_MS + 2000))
    assert len(lines) == 1
    assert b'"timestamps":[1772452801000,1772452802000]' in lines[0]


def test_an_import_twice_changes_nothing(db: None) -> None:
    line = b'{"metric":{"__name__":"m","n":"1"},"values":[1,2],"timestamps":[1772452800000,1772452801000]}'
    taken(line)
    taken(line)
    assert select().values.tolist() == [1, 2]
    assert Series.objects.count() == 1


def test_what_is_refused_is_told(db: None) -> None:
    last = taken(b'{"metric":{"n":"1"},"values":[1],"timestamps":[1772452800000]}')
    assert last.samples == 0
    assert "no metric name" in last.refusals[0].detail


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "Line 1 is not JSON"),
        (b"[]", "Line 1: metric must be an object"),
        (b'{"metric":{"__name__":1},"values":[],"timestamps":[]}', "must be strings"),
        (b'{"metric":{"__name__":"m"},"values":[1],"timestamps":[]}', "lists of one length"),
        (b'{"metric":{"__name__":"m"},"values":[1],"timestamps":[1.5]}', "whole numbers"),
        (b'{"metric":{"__name__":"m"},"values":["x"],"timestamps":[1]}', "'x' is not a value"),
        (b'{"metric":{"__name__":"m"},"values":[true],"timestamps":[1]}', "True is not a value"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named(db: None, line: bytes, words: str) -> None:
    with pytest.raises(BadLineError, match="Line 1") as caught:
        taken(line)
    assert words in str(caught.value)
