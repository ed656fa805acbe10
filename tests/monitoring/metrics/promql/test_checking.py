"""Rules of type: of two mistakes, the one that Prometheus 2.42 tells."""

import pytest

from monitoring.metrics.promql.ast import Plus, Selector
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.parsing import parse

UNARY = "parse error: unary expression only allowed on expressions of type scalar or instant vector, got"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "histogram_quantile(a, -a[5m])",
            '1:20: parse error: expected type scalar in call to function "histogram_quantile", got instant vector',
        ),
        ("topk(-'a', -'b')", f'1:12: {UNARY} "string"'),
        ("topk('a', -'b')", f'1:11: {UNARY} "string"'),
        ("abs('a', -'b')", '1:1: parse error: expected 1 argument(s) in call to "abs", got 2'),
        ("a'größe 東京'", "1:2: parse error: unexpected string \"'größe 東京'\"..."),
    ],
)
def test_the_first_of_two_mistakes_is_told(text: str, message: str) -> None:
    with pytest.raises(PromqlError) as caught:
        parse(text)
    assert caught.value.message == message


def test_a_plus_makes_a_selector_an_expression() -> None:
    assert isinstance(parse("up"), Selector)
    assert isinstance(parse("+up"), Plus)
