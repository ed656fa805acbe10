"""`match[]`: a selector alone, as federation and the look-ups of names take it. Pure."""

from collections.abc import Iterable

from monitoring.metrics.prometheus.envelope import ApiError
from monitoring.metrics.promql.ast import selector_matchers
from monitoring.metrics.promql.grammar import MistakeError, Parser
from monitoring.metrics.promql.lexing import tokenize
from monitoring.metrics.promql.matchers import matches_nothing_given
from monitoring.metrics.promql.storage import Matcher

MOST_CHARACTERS = 64 * 1024
MOST_SELECTORS = 100  # of a request
EMPTY = "match[] must contain at least one non-empty matcher"

Matchers = tuple[Matcher, ...]


def selectors(texts: Iterable[str]) -> list[Matchers]:
    """The conditions of each; raises ApiError in Prometheus's words."""
    found = conditions(texts)
    for matchers in found:
        if all(matches_nothing_given(matcher) for matcher in matchers):
            raise ApiError("bad_data", EMPTY)
    return found


def conditions(texts: Iterable[str]) -> list[Matchers]:
    """The same of selectors that may be empty; each once."""
    asked = list(dict.fromkeys(texts))
    if len(asked) > MOST_SELECTORS:
        raise ApiError("bad_data", f"{len(asked)} different match[] parameters, at most {MOST_SELECTORS} are answered")
    return [selector(text) for text in asked]


def selector(text: str) -> Matchers:
    """`up{job="node"}`; no range, no offset, no expression. An empty one may be asked for here."""
    if len(text) > MOST_CHARACTERS:
        raise ApiError("bad_data", f"a selector has {MOST_CHARACTERS} characters at most")
    parser = Parser(tokenize(text))
    try:
        return _read(parser)
    except MistakeError as mistake:
        line_start = text.rfind("\n", 0, mistake.position) + 1
        line = text.count("\n", 0, mistake.position) + 1
        column = len(text[line_start : mistake.position].encode("utf-8", "surrogatepass")) + 1
        raise ApiError("bad_data", f"{line}:{column}: parse error: {mistake}") from None


def _read(parser: Parser) -> Matchers:
    first = parser.peek()
    if first.kind in ("number", "string", "("):
        parser.unexpected()
    if first.kind not in ("{", "eof") and parser.tokens[1].kind not in ("{", "eof", "error"):
        parser.take()
        parser.unexpected()
    node, _ = parser.term()
    if parser.peek().kind != "eof":
        parser.unexpected()
    return selector_matchers(node) or ()
