"""What can go wrong with a query, in the words and kinds of Prometheus's API. Pure."""

from typing import Literal

Kind = Literal["bad_data", "execution", "timeout", "canceled", "internal"]


class PromqlError(Exception):
    """A query that cannot be answered. `position` is the 0-based character of the text where it goes wrong, if known."""

    def __init__(self, kind: Kind, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.position = position


class TooMuchError(PromqlError):
    """A query would have to read or hold more than it may; with wider limits it may do."""

    def __init__(self, message: str) -> None:
        super().__init__("execution", message)


def execution(message: str) -> PromqlError:
    """An error that only the samples show."""
    return PromqlError("execution", message)


SAME_LABELSET = "vector cannot contain metrics with the same labelset"
TOO_MANY_SAMPLES = "query processing would load too many samples into memory in query execution"
TOO_DEEP = "expression is nested too deeply"
TIMED_OUT = "query timed out in expression evaluation"
