import math
import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.formats.errors import ExpositionError
from monitoring.metrics.formats.exposition import NO_TIME, Page, Reader
from monitoring.metrics.formats.lines import Limits
from monitoring.metrics.formats.numbers import go_float
from monitoring.metrics.formats.sample_line import LineLimits
from monitoring.metrics.promql.storage import Labels
from tests.monitoring.metrics.formats.reference import Line, WrongPageError, reference

NORMAL_NAN = 0x7FF8000000000001


class Follower:
    """Reads pages through one Reader and keeps the labels of its slots, as a scrape does."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.reader = Reader(limits)
        self.labels: dict[int, Labels] = {}
        self.generation = 0
        self.page: Page | None = None

    def read(self, page: bytes, openmetrics: bool = False) -> list[Line]:
        found = self.page = self.reader.read(page, openmetrics)
        if found.generation != self.generation:
            self.labels, self.generation = {}, found.generation
        self.labels |= dict(found.new)
        times = [NO_TIME] * len(found.values) if found.times_ms is None else found.times_ms.tolist()
        return [
            Line(self.labels[slot], value, None if time == NO_TIME else time)
            for slot, value, time in zip(found.slots.tolist(), found.values.tolist(), times, strict=True)
        ]


def read(text: str, openmetrics: bool = False) -> list[Line]:
    return Follower().read(text.encode(), openmetrics)


def labels(name: str, **others: str) -> Labels:
    return tuple(sorted({"__name__": name, **others}.items()))


def bits(lines: list[Line]) -> list[tuple[Labels, int, int | None]]:
    return [
        (
            one.labels,
            NORMAL_NAN if math.isnan(one.value) else struct.unpack("<Q", struct.pack("<d", one.value))[0],
            one.time_ms,
        )
        for one in lines
    ]


def test_labels_are_sorted_and_unescaped_and_empty_ones_are_kept() -> None:
    page = 'm{path="a\\"b\\\\c\\nd\\x",empty="",a="é"} 1.5\n'
    assert read(page) == [Line(labels("m", path='a"b\\c\nd\\x', empty="", a="é"), 1.5, None)]


def test_blanks_may_stand_where_the_older_format_has_them() -> None:
    page = '  m { a = "1" , b="2" , }\t3\t17 \n\nn{}4\n# EOF\n'
    assert read(page) == [Line(labels("m", a="1", b="2"), 3, 17), Line(labels("n"), 4, None)]


def test_names_beyond_the_alphabet_stand_quoted_within_the_braces() -> None:
    page = '{"my.metric","my label"="x",y="z"} 1\nplain{"a.b"="c"} 2\n'
    assert read(page) == [
        Line(labels("my.metric", **{"my label": "x", "y": "z"}), 1, None),
        Line(labels("plain", **{"a.b": "c"}), 2, None),
    ]


def test_times_are_milliseconds_in_the_older_and_seconds_in_the_newer_format() -> None:
    assert read("m 1 1700000000123\nn 2\n") == [Line(labels("m"), 1, 1700000000123), Line(labels("n"), 2, None)]
    assert read("m 1 1700000000.123\n# EOF\n", openmetrics=True) == [Line(labels("m"), 1, 1700000000123)]


def test_exemplars_are_passed_over_and_created_times_are_samples() -> None:
    page = 'm_bucket{le="1"} 3 # {trace_id="a # b"} 0.67 1.5\nm_total 2 17.5 # {} 1\nm_created 1.7e9\n# EOF'
    found = read(page, openmetrics=True)
    assert [(one.value, one.time_ms) for one in found] == [(3, None), (2, 17500), (1.7e9, None)]


@pytest.mark.parametrize("text", ["NaN", "nan", "+Inf", "-inf", "Infinity", "1e5", ".5", "5.", "-0", "1E-3", "0012"])
def test_numbers_are_taken_as_go_writes_them(text: str) -> None:
    again = Follower()
    for _ in range(2):
        assert bits(again.read(f"m {text}\n".encode())) == bits(reference(f"m {text}\n".encode(), False))


@pytest.mark.parametrize("text", ["1_000", "0x1p4", "0x10", "1e999", "+nan", "-NaN", "1,5", "one", "--1", "1e", "."])
def test_numbers_of_other_kinds_are_refused_at_once_and_later(text: str) -> None:
    follower = Follower()
    for _ in range(2):
        with pytest.raises(ExpositionError, match=r"^line 2 has a value that is not a number"):
            follower.read(f"ok 1\nm {text}\n".encode())
        follower.read(b"ok 1\nm 5\n")


def test_a_nan_that_a_page_says_is_never_the_stale_marker() -> None:
    reader = Reader()
    found = reader.read(b"m NaN\n", False).values.view("uint64").tolist()
    assert found == [NORMAL_NAN]


def test_a_page_of_the_same_series_gives_the_same_slots_and_nothing_new() -> None:
    reader = Reader()
    first = reader.read(b"# HELP m words\nm 1\nn 2\n", False)
    again = reader.read(b"# HELP m words\nm 3\nn 4\n", False)
    assert again.slots is first.slots
    assert (again.new, again.descriptions, again.values.tolist()) == ([], None, [3, 4])


def test_series_that_come_go_and_move_keep_their_slots() -> None:
    follower = Follower()
    follower.read(b"a 1\nb 2\n")
    assert follower.read(b"b 3\nc 4\na 5\n") == [
        Line(labels(name), value, None) for name, value in zip("bca", (3, 4, 5), strict=True)
    ]
    assert follower.page is not None
    assert [one for _, one in follower.page.new] == [labels("c")]


def test_a_series_may_change_the_blank_before_its_value() -> None:
    follower = Follower()
    pages = (b"m\t1\n", b"m 2\n", b"m\t3\n", b"m  4\n")
    assert [follower.read(page) for page in pages] == [[Line(labels("m"), value, None)] for value in (1, 2, 3, 4)]


def test_a_series_twice_on_a_page_has_one_slot() -> None:
    assert Reader().read(b"m 1\nm  2\nm\t3\n", False).slots.tolist() in ([0, 0, 0], [0, 1, 0])
    assert Reader().read(b'm{a="b"} 1\nm{a="b"} 2\n', False).slots.tolist() == [0, 0]


def test_series_that_are_gone_are_forgotten() -> None:
    follower = Follower()
    for turn in range(4):
        page = "".join(f'm{{turn="{turn}",i="{i}"}} {i}\n' for i in range(3000))
        assert len(follower.read(page.encode())) == 3000
    assert follower.generation > 0
    assert len(follower.reader._prefixes) <= 9_000


def test_descriptions_come_with_the_first_page_and_when_they_change() -> None:
    reader = Reader()
    page = b'# HELP m_seconds Some \\\\ \\n "words".\n# TYPE m_seconds untyped\n# just so\nm_seconds 1\n'
    assert reader.read(page, False).descriptions == [("m_seconds", "unknown", 'Some \\ \n "words".', "")]
    assert reader.read(page, False).descriptions is None
    changed = reader.read(page.replace(b"untyped", b"gauge"), False).descriptions
    assert changed is not None
    assert changed[0].type == "gauge"


def test_openmetrics_tells_units_too() -> None:
    page = b"# TYPE m_seconds counter\n# UNIT m_seconds seconds\n# HELP m_seconds x\nm_seconds_total 1\n# EOF\n"
    assert Reader().read(page, True).descriptions == [("m_seconds", "counter", "x", "seconds")]


WRONG = [
    (b"m{a=\"b} 1\n", False, "line 1 has a quote that is not closed"),
    (b"ok 1\n\nm{a=\"b\" 1\n", False, "line 3 has labels that cannot be read from here on: '1'"),
    (b"m{a=\"b\",\n", False, "line 1 ends within its labels"),
    (b"m{a} 1\n", False, "line 1 has a label without a value: 'a'"),
    (b"m{a=\"1\",a=\"2\"} 1\n", False, "line 1 has the label 'a' twice"),
    (b"{a=\"1\"} 1\n", False, "line 1 has no metric name"),
    (b"{\"m\",\"n\"} 1\n", False, "line 1 has a label without a value: 'n'"),
    (b"9m 1\n", False, "line 1 does not begin with the name of a metric: '9m 1'"),
    (b"m\n", False, "line 1 has no value"),
    (b"m 1 2 3\n", False, "line 1 goes on after value and time: '3'"),
    (b"m 1 1.5\n", False, "line 1 has a time that is not a whole number"),
    (b"m 1 +5\n", False, "line 1 has a time that is not a whole number"),
    (b"m 1 99999999999999999999\n", False, "line 1 has a time that is not a whole number"),
    (b"m 1 # {} 2\n", False, "line 1 goes on after value and time"),
    (b"m{a=\"\xff\"} 1\n", False, "line 1 is not UTF-8"),
    (b"m 1\nn\0 2\n", False, "line 2 holds a NUL byte"),
    (b"# TYPE m meter\nm 1\n", False, "line 1 gives m a type that there is none of: 'meter'"),
    (b"m 1\n", True, "does not end with # EOF"),
    (b"m 1\n# EOF\nn 1\n# EOF\n", True, "line 2 says # EOF, but the page goes on"),
    (b"m 1\n\n# EOF\n", True, "line 2 is empty"),
    (b"m 1 NaN\n# EOF\n", True, "line 1 has a time that is not a number of seconds"),
    (b"m 1 # {a=\"b} 2\n# EOF\n", True, "line 1 has an exemplar that cannot be read"),
    (b"# UNIT m seconds\nm 1\n# EOF\n", True, "line 1 gives m the unit 'seconds', which its name does not end with"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "openmetrics", "words"), WRONG)
def test_what_is_wrong_is_said_with_its_line(page: bytes, openmetrics: bool, words: str) -> None:
    with pytest.raises(ExpositionError) as raised:
        Reader().read(page, openmetrics)
    assert words in str(raised.value)


HOSTILE = [
    (b"m{" + b'a="b",' * 10_000_000 + b"} 1\n", "line 1 is longer than 65,536 bytes"),
    (b"m" * 60_000_000, "line 1 is longer than 65,536 bytes"),
    (b"\n" * 60_000_000, "more than 1,000,000 lines"),
    (b"x" * (64 * 1_048_576 + 1), "larger than 67,108,864 bytes"),
    (b'm{a="' + b"\\" * 65_000 + b" 1\n", "has a quote that is not closed"),
    (b"m{" + b"".join(b'a%d="b",' % i for i in range(200)) + b"} 1\n", "has 200 labels, more than 128"),
    (b'm{a="' + b"x" * 20_000 + b'"} 1\n', "has a label 'a' longer than 16384 bytes"),
    (b"m" * 2_000 + b" 1\n", "has a metric name longer than 1024 bytes"),
]


@pytest.mark.parametrize(("page", "words"), HOSTILE, ids=[words for _, words in HOSTILE])
def test_hostile_pages_are_refused_in_little_memory(page: bytes, words: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ExpositionError) as raised:
            Reader().read(page, False)
        assert words in str(raised.value)
        assert tracemalloc.get_traced_memory()[1] < 2 * len(page) + 1_000_000
    finally:
        tracemalloc.stop()


def test_limits_are_the_readers_own() -> None:
    follower = Follower(Limits(series=LineLimits(labels=1)))
    follower.read(b'm{a="b"} 1\n')
    with pytest.raises(ExpositionError, match="has 2 labels, more than 1"):
        follower.read(b'm{a="b",c="d"} 1\n')


NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,6}", fullmatch=True)
LABEL_NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,4}", fullmatch=True)
TEXTS = st.text(st.sampled_from('ab "\\\n{}#,=é 1'), max_size=8)
SERIES = st.builds(
    lambda name, pairs, blank: (
        name
        + ("{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in pairs.items()) + "}" if pairs else "")
        + blank
    ),
    NAMES,
    st.dictionaries(LABEL_NAMES, TEXTS, max_size=3),
    st.sampled_from([" ", " ", " ", "  ", "\t"]),
)
VALUES = st.one_of(st.floats().map(go_float), st.integers(0, 99).map(str), st.floats().map(repr), st.just("1_0"))
TAILS = {
    False: st.one_of(VALUES, st.builds("{} {}".format, VALUES, st.integers(-5, 2**41))),
    True: st.one_of(
        VALUES,
        st.builds("{} {}".format, VALUES, st.floats(-5, 2**31)),
        st.builds('{} # {{id="{}"}} {}'.format, VALUES, TEXTS.map(lambda text: _escaped(text)), VALUES),
    ),
}
COMMENTS = st.sampled_from(["# HELP a b", "# TYPE a gauge", "#", "# x"])
PLAIN_COMMENTS = st.sampled_from(["#", "# x"])  # of which nothing is damaged that the slow reader does not look at


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@st.composite
def conversations(draw: st.DrawFn, comments: st.SearchStrategy[str] = COMMENTS) -> tuple[bool, list[bytes]]:
    """A few pages of one target: of few series, so that they come again, move and vanish."""
    openmetrics = draw(st.booleans())
    series = draw(st.lists(SERIES, min_size=1, max_size=5))
    pages = []
    for _ in range(draw(st.integers(1, 4))):
        tails = TAILS[openmetrics] if draw(st.booleans()) else VALUES
        line = st.one_of(st.builds(str.__add__, st.sampled_from(series), tails), comments)
        page = "".join(f"{one}\n" for one in draw(st.lists(line, max_size=8))) + ("# EOF\n" if openmetrics else "")
        pages += [page.encode()] * draw(st.integers(1, 2))
    return openmetrics, pages


def _same(follower: Follower, page: bytes, openmetrics: bool) -> None:
    try:
        expected = reference(page, openmetrics)
    except WrongPageError:
        with pytest.raises(ExpositionError):
            follower.read(page, openmetrics)
    else:
        assert bits(follower.read(page, openmetrics)) == bits(expected)


@settings(max_examples=400, deadline=None)
@given(conversations())
def test_every_page_of_a_target_is_read_as_the_slow_reader_reads_it(conversation: tuple[bool, list[bytes]]) -> None:
    openmetrics, pages = conversation
    follower = Follower()
    for page in pages:
        _same(follower, page, openmetrics)


@settings(max_examples=400, deadline=None)
@given(
    conversations(PLAIN_COMMENTS),
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.sampled_from([bytes([i]) for i in range(32, 127)] + [b"", b"\t", b"\xff", b"\0", b"\r\n"]),
        ),
        max_size=3,
    ),
)
def test_damaged_pages_are_refused_where_the_slow_reader_refuses_them(
    conversation: tuple[bool, list[bytes]], damage: list[tuple[int, bytes]]
) -> None:
    openmetrics, pages = conversation
    follower = Follower()
    for page in pages:
        _same(follower, page, openmetrics)
        damaged = page
        for at, byte in damage:
            damaged = damaged[:at] + byte + damaged[at + 1 :]
        _same(follower, damaged, openmetrics)
