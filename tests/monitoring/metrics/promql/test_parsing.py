"""From text to tree, and the words and places of mistakes."""

from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql.ast import (
    Aggregation,
    Binary,
    FunctionCall,
    Matching,
    Negation,
    Node,
    Number,
    Plus,
    Range,
    Selector,
    String,
    Subquery,
    selector_matchers,
)
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.functions.registry import FUNCTIONS
from monitoring.metrics.promql.parsing import MOST_CHARACTERS, parse
from monitoring.metrics.promql.signatures import NATIVE_ONLY, SIGNATURES
from monitoring.metrics.promql.storage import Matcher
from tests.monitoring.metrics.promql.parser_peer import peer

Kind = TypeVar("Kind")


def parsed(text: str, kind: type[Kind]) -> Kind:
    node = parse(text)
    assert isinstance(node, kind)
    return node


def mistake(text: str) -> tuple[str, int | None]:
    with pytest.raises(PromqlError) as caught:
        parse(text)
    assert caught.value.kind == "bad_data"
    return caught.value.message, caught.value.position


def test_a_selector_has_its_matchers_with_the_name_last() -> None:
    node = parsed('up{job="api",host=~"a.*"}', Selector)
    assert node.matchers == (Matcher("job", "=", "api"), Matcher("host", "=~", "a.*"), Matcher("__name__", "=", "up"))


def test_a_name_in_quotes_is_a_metric() -> None:
    assert parsed('{"http.requests", job="api"}', Selector).matchers[0] == Matcher("__name__", "=", "http.requests")


@pytest.mark.parametrize(
    ("text", "offset_ms", "at"),
    [
        ("up offset 5m", 300_000, None),
        ("up offset -1h30m", -5_400_000, None),
        ("up @ 1.5", 0, 1500),
        ("up @ -5", 0, -5000),
        ("up @ start() offset 1ms", 1, "start"),
        ("up offset 1d @ end()", 86_400_000, "end"),
    ],
)
def test_a_selector_is_moved_by_offset_and_at(text: str, offset_ms: int, at: int | str | None) -> None:
    node = parsed(text, Selector)
    assert (node.offset_ms, node.at, node.invariant) == (offset_ms, at, at is not None)


def test_a_range_keeps_the_modifiers_behind_it() -> None:
    node = parsed("up[1h30m] offset 2m", Range)
    assert (node.range_ms, node.selector.offset_ms) == (5_400_000, 120_000)


@pytest.mark.parametrize(("text", "step_ms"), [("sum(up)[1h:]", 0), ("sum(up)[1h:30s]", 30_000)])
def test_a_subquery_may_leave_its_step_out(text: str, step_ms: int) -> None:
    node = parsed(text, Subquery)
    assert (node.range_ms, node.step_ms) == (3_600_000, step_ms)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0x1F", 31), ("010", 8), ("08", 8), ("1e3", 1000), (".5", 0.5), ("5.", 5), ("Inf", float("inf")), ("-3", -3)],
)
def test_numbers_are_read_as_go_reads_them(text: str, value: float) -> None:
    assert parsed(text, Number).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [(r'"a\nb"', "a\nb"), (r"'a\'b'", "a'b"), (r"`a\n`", r"a\n"), (r'"\u00e9\x41\101"', "éAA"), (r'"\xc3\xa9"', "é")],
)
def test_strings_are_unescaped(text: str, value: str) -> None:
    assert parsed(text, String).value == value


def test_operators_bind_as_in_arithmetic() -> None:
    node: Node = parse("a or b == c + d * e ^ f")
    ops = []
    while isinstance(node, Binary):
        ops.append(node.op)
        node = node.right
    assert ops == ["or", "==", "+", "*", "^"]


def test_a_power_binds_to_the_right_and_tighter_than_a_sign() -> None:
    power = parsed("-a ^ b ^ c", Negation).expr
    assert isinstance(power, Binary)
    assert isinstance(power.right, Binary)


def test_a_sign_binds_tighter_than_a_product() -> None:
    assert isinstance(parsed("-a * b", Binary).left, Negation)


def test_grouping_may_stand_before_or_after_the_arguments() -> None:
    before, after = parsed("sum by (b, a) (up)", Aggregation), parsed("sum(up) by (a, b)", Aggregation)
    assert before.grouping == after.grouping == ("a", "b")


def test_a_parameter_is_apart_from_the_vector() -> None:
    node = parsed("topk without (job) (3, up)", Aggregation)
    assert isinstance(node.param, Number)
    assert node.without


def test_matching_names_the_side_with_many() -> None:
    node = parsed("a / on (x) group_left (y) b", Binary)
    assert node.matching == Matching("many-to-one", True, ("x",), ("y",))


def test_set_operators_match_many_to_many() -> None:
    assert parsed("a and ignoring (x) b", Binary).matching == Matching("many-to-many", False, ("x",))


@pytest.mark.parametrize("text", ["rate(up[5m] @ 10)", "topk(time(), up @ 10)", "1 + 2", "sum(up @ end())", "pi()"])
def test_what_no_step_changes_is_invariant(text: str) -> None:
    assert parse(text).invariant


@pytest.mark.parametrize("text", ["up", "time()", "timestamp(up @ 5)", "predict_linear(up[5m] @ 5, 60)", "up + up @ 5"])
def test_what_a_step_changes_is_not_invariant(text: str) -> None:
    assert not parse(text).invariant


def test_the_matchers_of_a_range_are_those_of_its_selector() -> None:
    assert selector_matchers(parse("up[5m]")) == (Matcher("__name__", "=", "up"),)
    assert selector_matchers(parse("sum(up)")) is None


def test_an_expression_is_parsed_once() -> None:
    assert parse("sum(up) + 4711") is parse("sum(up) + 4711")


def test_every_function_has_a_signature() -> None:
    assert set(FUNCTIONS) <= set(SIGNATURES) | NATIVE_ONLY
    assert set(SIGNATURES) <= set(FUNCTIONS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: parse error: no expression found in input"),
        ("sum(", "1:5: parse error: unclosed left parenthesis"),
        ("up)", "1:4: parse error: unexpected right parenthesis ')'"),
        ("1 +", "1:4: parse error: unexpected end of input"),
        ("up\n\n+ 1 2", '3:5: parse error: unexpected number "2"'),
        ('"é" + $', "1:8: parse error: unexpected character: '$'"),
        ("nope(up)", '1:1: parse error: unknown function with name "nope"'),
        ("sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"),
        ("rate(up)", '1:6: parse error: expected type range vector in call to function "rate", got instant vector'),
        ("rate()", '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'),
        ("round()", '1:1: parse error: expected at least 1 argument(s) in call to "round", got 0'),
        ("round(up, 1, 2)", '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'),
        ("topk(up)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        ("1 == 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("up + bool up", "1:4: parse error: bool modifier can only be used on comparison operators"),
        ("up and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'),
        ("up and on(a) group_left up", '1:1: parse error: no grouping allowed for "and" operation'),
        ("up + on(a) group_left(a) up", '1:4: parse error: label "a" must not occur in ON and GROUP clause at once'),
        ("1 + on(a) up", "1:1: parse error: vector matching only allowed between instant vectors"),
        ("up[5m] + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"),
        ("up[5]", "1:4: parse error: missing unit character in duration"),
        ("up[5m", "1:6: parse error: unclosed left bracket"),
        ("up offset 5", '1:11: parse error: unexpected number "5" in offset, expected duration'),
        ("sum(up) offset 5m", "1:1: parse error: offset modifier must be preceded by an instant vector selector or range"
         " vector selector or a subquery"),
        ("(up)[5m]", "1:5: parse error: ranges only allowed for vector selectors"),
        ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ('{a=~".*"}', "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ('up{__name__="x"}', '1:1: parse error: metric name must not be set twice: "up" or "x"'),
        ('up{a=~"("}', "1:4: parse error: error parsing regexp: missing closing ): `^(?:()$`"),
        ("up{a}", '1:5: parse error: unexpected "}" in label matching, expected label matching operator'),
        ("sum(up up)", '1:8: parse error: unexpected identifier "up" in aggregation'),
        ("rate(up[5m],)", "1:12: parse error: trailing commas not allowed in function call args"),
        (r'"a\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"),
        ("up[0s]", "1:4: parse error: duration must be greater than 0"),
        ("-up[5m]", "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector,"
         ' got "range vector"'),
        ("1[5m:1m]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_the_words_of_prometheus(text: str, message: str) -> None:
    assert mistake(text)[0] == message


def test_the_place_of_a_mistake_counts_characters() -> None:
    assert mistake('"é" + nope(1)')[1] == 6


def test_native_histograms_are_refused_clearly() -> None:
    assert "native histograms, which are not supported" in mistake("histogram_count(up)")[0]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "up" + ")" * 10_000,
        "-" * 10_000 + "up",
        "sum(" * 10_000 + "up" + ")" * 10_000,
        "^".join(["2"] * 10_000),
        "up" + "[5m:1m]" * 10_000 + "(",
    ],
)
def test_deep_texts_end_in_an_error(text: str) -> None:
    mistake(text)


def test_a_text_of_a_megabyte_is_refused_unread() -> None:
    message, _ = mistake("up + " * 200_000 + "up")
    assert message == f"expression is too long: 1000002 characters, at most {MOST_CHARACTERS} are read"


def test_a_hundred_levels_are_read() -> None:
    assert isinstance(parse("(" * 98 + "up" + ")" * 98), Selector)


@given(st.text(alphabet="ab15m[]{}()\"'=~!<>+-^,:@ \\.\n#", max_size=40))
def test_any_text_is_a_tree_or_a_mistake(text: str) -> None:
    position: int | None = 0
    try:
        parse(text)
    except PromqlError as error:
        position = error.position
    assert position is not None
    assert 0 <= position <= len(text)


NAMES = st.sampled_from(["up", "a:b", "sum", "requests_total"])
SELECTORS = st.builds(
    lambda name, matcher, offset: f"{name}{matcher}{offset}",
    NAMES,
    st.sampled_from(["", '{a="b"}', '{a!="b",c=~"d|e"}', '{a!~"x.*",}']),
    st.sampled_from(["", " offset 5m", " @ 7", " @ start()", " @ end() offset 1h30m"]),
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operator = st.sampled_from(["+", "-", "*", "/", "%", "^", "atan2", "== bool", ">", "and on (a)", "or", "unless"])
    matched = st.sampled_from(["+ on (a)", "/ ignoring (b) group_left (c)", "> bool on () group_right"])
    return st.one_of(
        st.builds(lambda a, op, b: f"{a} {op} {b}", inner, operator | matched, inner),
        st.builds(lambda op, a: f"{op}({a})", st.sampled_from(["abs", "sort", "-", "sum", "count by (x, y)"]), inner),
        st.builds(lambda a: f"topk without (x) (3, {a})", inner),
        st.builds(lambda a: f"max_over_time(({a})[1h:5m])", inner),
        st.builds(lambda a: f"vector(scalar({a}) * 2)", inner),
        st.builds(lambda name: f"rate({name}[5m])", NAMES),
    )


@given(st.recursive(SELECTORS, grown, max_leaves=8))
def test_trees_are_those_of_the_parser_in_rust(text: str) -> None:
    assert shape(parse(text)) == peer(text)


def shape(node: Node) -> object:
    """The tree as plain tuples, see `parser_peer`."""
    match node:
        case Number() | String():
            return node.value
        case Selector():
            return ("selector", sorted(node.matchers), node.offset_ms, node.at)
        case Range():
            return ("range", shape(node.selector), node.range_ms)
        case Subquery():
            return ("subquery", shape(node.expr), node.range_ms, node.step_ms, node.offset_ms, node.at)
        case FunctionCall():
            return ("call", node.name, [shape(arg) for arg in node.args])
        case Negation():
            return ("-", shape(node.expr))
        case Plus():
            return shape(node.expr)
        case Aggregation():
            param = None if node.param is None else shape(node.param)
            return ("aggregation", node.op, shape(node.expr), param, list(node.grouping), node.without)
        case Binary():
            matching = node.matching
            how = (matching.on, sorted(matching.labels), sorted(matching.include), matching.card)
            return ("binary", node.op, shape(node.left), shape(node.right), node.returns_bool, how)
