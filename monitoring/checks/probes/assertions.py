"""What an answer must look like: expected statuses and demands on a body. Compiled once, pure.

Regular expressions run in RE2, whose time is linear in the text, so that no body can stall the engine. JSONPath is
RFC 9535 without its two regular expression functions, for the same reason.
"""

import operator
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

import jsonpath
import orjson
import re2

from monitoring.checks.choices import Cause

REGEX_MAX_MEMORY_BYTES = 8 << 20
SHOWN_CHARACTERS = 120
MOST_FOUND = 10_000  # by a JSONPath
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "contains": lambda found, wanted: wanted in found,
    "exists": lambda found, wanted: True,
}
COMPARISON_WORDS = {
    "eq": "equal to",
    "ne": "other than",
    "gt": "above",
    "ge": "at least",
    "lt": "below",
    "le": "at most",
    "contains": "containing",
    "exists": "present",
}


class Complaint(NamedTuple):
    """Why an answer is not the right one."""

    cause: Cause
    words: str


BodyTest = Callable[[str], Complaint | None]


def status_set(text: str) -> frozenset[int]:
    """`"200-299,301"` as a set. Raises ValueError naming the part that cannot be read."""
    statuses: set[int] = set()
    for part in (piece.strip() for piece in text.split(",")):
        low, _, high = part.partition("-")
        if not (low.strip().isdecimal() and (not high or high.strip().isdecimal())):
            raise ValueError(f"{part!r} is not a status or a range; write them as 200-299,301.")
        first, last = int(low), int(high or low)
        if not 100 <= first <= last <= 599:
            raise ValueError(f"{part!r} is not within 100 to 599, the lower first.")
        statuses.update(range(first, last + 1))
    return frozenset(statuses)


def regex(pattern: str) -> Any:
    """An RE2 pattern. Raises ValueError saying what is wrong with it."""
    options = re2.Options()
    options.max_mem = REGEX_MAX_MEMORY_BYTES
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"Not a regular expression that RE2 understands: {reason}.") from None


def json_query(path: str) -> jsonpath.CompoundJSONPath | jsonpath.JSONPath:
    """A JSONPath. Raises ValueError saying what is wrong with it."""
    environment = jsonpath.JSONPathEnvironment()
    for name in ("match", "search"):
        environment.function_extensions.pop(name, None)
    if "=~" in path:
        raise ValueError("Regular expressions are not allowed in a JSONPath; use body_regex.")
    if path.count("..") > 1:
        raise ValueError("Not more than one `..` in a JSONPath: each multiplies the time by the size of the body.")
    try:
        return environment.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"Not a JSONPath: {str(error).splitlines()[0]}.") from None


def contains(wanted: str) -> BodyTest:
    """The body holds `wanted`, as it is."""
    complaint = Complaint(Cause.UNEXPECTED, f"the body does not contain {shown(wanted)}")
    return lambda text: None if wanted in text else complaint


def contains_not(unwanted: str) -> BodyTest:
    """The body does not hold `unwanted`."""
    complaint = Complaint(Cause.UNEXPECTED, f"the body contains {shown(unwanted)}")
    return lambda text: complaint if unwanted in text else None


def matches(pattern: str) -> BodyTest:
    """The pattern is found somewhere in the body."""
    compiled = regex(pattern)
    complaint = Complaint(Cause.UNEXPECTED, f"the body does not match {shown(pattern)}")
    return lambda text: None if compiled.search(text) else complaint


def json_holds(path: str, comparison: str, wanted_text: str) -> BodyTest:
    """The path finds something in the JSON body, and all of it compares so. `wanted_text` is JSON, or a plain
    string."""
    query, compare, wanted = json_query(path), COMPARISONS[comparison], _wanted(wanted_text)

    def test(text: str) -> Complaint | None:
        try:
            found = [match.obj for match in islice(query.finditer(orjson.loads(text)), MOST_FOUND + 1)]
        except orjson.JSONDecodeError:
            return Complaint(Cause.PROTOCOL, "the body is not JSON")
        except (jsonpath.JSONPathError, RecursionError):
            return Complaint(Cause.PROTOCOL, f"{path} cannot be asked of this JSON")
        if len(found) > MOST_FOUND:
            return Complaint(Cause.TOO_LARGE, f"{path} finds more than {MOST_FOUND:,} values")
        if not found:
            return Complaint(Cause.UNEXPECTED, f"the JSON has nothing at {path}")
        wrong = next((value for value in found if not _holds(compare, value, wanted)), None)
        if wrong is None and all(_holds(compare, value, wanted) for value in found):
            return None
        words = f"{path} is {shown(wrong)}, expected {COMPARISON_WORDS[comparison]} {shown(wanted)}"
        return Complaint(Cause.UNEXPECTED, words)

    return test


def shown(value: object) -> str:
    """A value as JSON, cut to what fits in a sentence."""
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _wanted(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _holds(compare: Callable[[Any, Any], bool], found: Any, wanted: Any) -> bool:
    """Whether the comparison holds; kinds that cannot be compared do not, and a boolean is not a number."""
    if isinstance(found, bool) is not isinstance(wanted, bool) and compare in {operator.eq, operator.ne}:
        return compare is operator.ne
    try:
        return compare(found, wanted)
    except TypeError:
        return False
