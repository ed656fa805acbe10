"""From the text of an expression to its syntax tree, with the errors of Prometheus. Pure.

The last trees are kept, so that a rule is parsed once. Text, tokens and depth are bounded: an expression from a stranger can
cost some milliseconds, and never the process.
"""

from functools import lru_cache

from monitoring.metrics.promql.ast import Node
from monitoring.metrics.promql.errors import TOO_DEEP, PromqlError
from monitoring.metrics.promql.grammar import MistakeError, Parser
from monitoring.metrics.promql.lexing import tokenize

MOST_CHARACTERS = 256 * 1024
MOST_TOKENS = 50_000
KEPT_TREES = 20_000
_KEPT_CHARACTERS = 4_000  # longer texts are rare, and parsed anew


def parse(text: str) -> Node:
    """The tree of `text`. PromqlError of kind bad_data, with its position, where it is none."""
    return _parse_kept(text) if len(text) <= _KEPT_CHARACTERS else _parse(text)


def _parse(text: str) -> Node:
    if len(text) > MOST_CHARACTERS:
        raise PromqlError(
            "bad_data", f"expression is too long: {len(text)} characters, at most {MOST_CHARACTERS} are read"
        )
    tokens = tokenize(text)
    if len(tokens) > MOST_TOKENS:
        raise PromqlError(
            "bad_data", f"expression is too long: {len(tokens)} words and signs, at most {MOST_TOKENS} are read"
        )
    try:
        return Parser(tokens).parse()
    except MistakeError as mistake:
        raise PromqlError("bad_data", _message(text, mistake), mistake.position) from None
    except RecursionError:  # the caller stands deep in the stack already
        raise PromqlError("bad_data", TOO_DEEP) from None


_parse_kept = lru_cache(maxsize=KEPT_TREES)(_parse)


def _message(text: str, mistake: MistakeError) -> str:
    """Prometheus counts lines and the bytes of a line, from 1."""
    line_start = text.rfind("\n", 0, mistake.position) + 1
    line = text.count("\n", 0, mistake.position) + 1
    column = len(text[line_start : mistake.position].encode("utf-8", "surrogatepass")) + 1
    return f"{line}:{column}: parse error: {mistake}"
