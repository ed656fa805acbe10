"""A place in a list of tokens, and how Prometheus names what it did not expect there. Pure."""

from typing import NoReturn

from monitoring.metrics.promql.checking import MistakeError
from monitoring.metrics.promql.lexing import Token
from monitoring.metrics.promql.quoting import go_quote

PRECEDENCE = (
    {"or": 1, "and": 2, "unless": 2}
    | dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 3)
    | {"+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6}
)
"""How tightly binary operators bind; `^` binds to the right."""


class Cursor:
    """Reads tokens one by one; an unreadable one is a mistake when its turn comes."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.next = 0
        self.aggregations = 0  # how many aggregations the place is inside of

    def peek(self) -> Token:
        token = self.tokens[self.next]
        if token.kind == "error":
            raise MistakeError(token.text, token.position)
        return token

    def take(self) -> Token:
        token = self.peek()
        self.next += 1
        return token

    def accept(self, kind: str) -> bool:
        if self.peek().kind != kind:
            return False
        self.next += 1
        return True

    def unexpected(self, context: str = "", expected: str = "") -> NoReturn:
        token = self.peek()
        message = f"unexpected {_described(token)}"
        context = context or ("aggregation" if self.aggregations else "")
        message += f" in {context}" if context else ""
        message += f", expected {expected}" if expected else ""
        raise MistakeError(message, token.position)


_DESCRIBED = {
    "identifier": "identifier",
    "metric": "metric identifier",
    "string": "string",
    "number": "number",
    "duration": "duration",
}


def _described(token: Token) -> str:
    kind, text = token.kind, token.text
    if kind == "eof":
        return "end of input"
    if kind == "aggregator":
        return f"<aggr:{text}>"
    if kind in _DESCRIBED:
        whole = kind in ("identifier", "metric") or len(text.encode("utf-8", "surrogatepass")) <= 10
        short = go_quote(text) if whole else go_quote(text[:10]) + "..."
        return f"{_DESCRIBED[kind]} {short}"
    if kind == "@":
        return '"<Item 57385>" <op:@>'  # Prometheus 2.42 has no name for it
    if kind in PRECEDENCE or kind in ("=~", "!~"):
        return f"<op:{text}>"
    if kind in ("start", "end"):
        return go_quote(text)
    return f"<{text}>" if text.isalnum() or "_" in text else go_quote(text)
