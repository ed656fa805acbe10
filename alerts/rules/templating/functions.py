"""The functions of templates, but `query`. Pure. They raise TemplateError, or TypeError for a wrong number of arguments."""

import html
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote_plus

import re2

from alerts.rules.templating.formatting import printf, sprint, sprintln
from alerts.rules.templating.humanizing import (
    humanize,
    humanize1024,
    humanize_duration,
    humanize_percentage,
    humanize_timestamp,
    to_time,
)
from alerts.rules.templating.values import MOST_OUTPUT, Sample, TemplateError, Value, is_true, type_name

MOST_PATTERN = 1_000
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")
_ADDRESS = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):([^:\[\]]*)")
_DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_UNIT_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TemplateError(f"wrong type for value; expected string; got {type_name(value)}")
    return value


def _vector(value: Value) -> list[Sample]:
    if not isinstance(value, list):
        raise TemplateError(f"wrong type for value; expected template.queryResult; got {type_name(value)}")
    return value


def _sample(value: Value) -> Sample:
    if not isinstance(value, Sample):
        raise TemplateError(f"wrong type for value; expected *template.sample; got {type_name(value)}")
    return value


def first(vector: Value) -> Sample:
    if not _vector(vector):
        raise TemplateError("first() called on vector with no elements")
    return _vector(vector)[0]


def label(name: Value, sample: Value) -> str:
    return _sample(sample).labels.get(_text(name), "")


def _pattern(text: Value) -> Any:
    pattern = _text(text)
    if len(pattern) > MOST_PATTERN:
        raise TemplateError(f"expression of more than {MOST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1024 * 1024
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        raise TemplateError(f"error parsing regexp: {error}") from None


def replace_all(pattern: Value, replacement: Value, text: Value) -> str:
    """Go's ReplaceAllString: $1, ${1} and ${name} stand for what a group matched."""
    expression, template, source = _pattern(pattern), _text(replacement), _text(text)
    parts: list[str] = []
    place = size = 0
    for found in expression.finditer(source):
        parts += [source[place : found.start()], _REFERENCE.sub(partial(_group, found), template)]
        place = found.end()
        size += len(parts[-1])
        if size > MOST_OUTPUT:
            raise TemplateError(f"the text is longer than {MOST_OUTPUT} characters")
    return "".join([*parts, source[place:]])


def _group(found: Any, reference: re.Match[str]) -> str:
    if reference[0] == "$$":
        return "$"
    name = reference[1] or reference[2]
    try:
        return (found.group(int(name)) if name.isdigit() else found.group(name)) or ""
    except (IndexError, KeyError, re2.error):
        return ""


def title(text: Value) -> str:
    """Go's strings.Title: the first letter of each word in upper case."""
    source, before = _text(text), " "
    found = []
    for character in source:
        found.append(character if before.isalnum() or before == "_" else _upper(character))
        before = character
    return "".join(found)


def _upper(character: str) -> str:
    """Rune by rune, as Go does it."""
    upper = character.upper()
    return upper if len(upper) == 1 else character


def to_upper(text: Value) -> str:
    return "".join(_upper(one) for one in _text(text))


def to_lower(text: Value) -> str:
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in _text(text))


def strip_port(address: Value) -> str:
    found = _ADDRESS.fullmatch(_text(address))
    return (found[1] or found[2] or "") if found else _text(address)


def strip_domain(address: Value) -> str:
    host, port = _text(address), ""
    if found := _ADDRESS.fullmatch(host):
        host, port = found[1] or found[2] or "", found[3]
    if not re.fullmatch(r"[\d.]+|.*:.*", host):
        host = host.split(".")[0]
    return f"{host}:{port}" if port else host


def parse_duration(text: Value) -> float:
    """Seconds of a duration such as 1h30m."""
    if _text(text) == "0":
        return 0.0
    if not _DURATION.fullmatch(text):
        raise TemplateError(f'not a valid duration string: "{text[:50]}"')
    return math.fsum(int(count) * _UNIT_S[unit] for count, unit in _PART.findall(text))


def sort_by_label(name: Value, vector: Value) -> list[Sample]:
    return sorted(_vector(vector), key=lambda sample: sample.labels.get(_text(name), ""))


def _link(tab: int) -> Callable[[Value], str]:
    return lambda expression: f"/graph?g0.expr={quote_plus(_text(expression))}&g0.tab={tab}"


def _basic(value: Value) -> str:
    kind = type_name(value)
    if kind not in ("bool", "string", "float64", "int"):
        raise TemplateError("invalid type for comparison")
    return kind


def equal(one: Value, *others: Value) -> bool:
    if not others:
        raise TemplateError("missing argument for comparison")
    return any(_alike(one, other) and one == other for other in others)


def _alike(one: Value, other: Value) -> bool:
    if _basic(one) != _basic(other):
        raise TemplateError("incompatible types for comparison")
    return True


def less(one: Value, other: Value) -> bool:
    _alike(one, other)
    if isinstance(one, bool):
        raise TemplateError("invalid type for comparison")
    return bool(one < other)


def index(value: Value, *keys: Value) -> Value:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(_text(key), "")
        elif isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
            if not 0 <= key < len(value):
                raise TemplateError(f"index out of range: {key}")
            value = value[key]
        else:
            raise TemplateError(f"can't index item of type {type_name(value)}")
    return value


def length(value: Value) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "replace"))
    if isinstance(value, dict | list) and not isinstance(value, Sample):
        return len(value)
    raise TemplateError(f"len of type {type_name(value)}")


def _both(*values: Value) -> Value:
    return next((one for one in values if not is_true(one)), values[-1])


def _either(*values: Value) -> Value:
    return next((one for one in values if is_true(one)), values[-1])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "first": first,
    "label": label,
    "value": lambda sample: _sample(sample).value,
    "strvalue": lambda sample: _sample(sample).labels.get("__value__", ""),
    "args": lambda *values: {f"arg{place}": value for place, value in enumerate(values)},
    "reReplaceAll": replace_all,
    "match": lambda pattern, text: _pattern(pattern).search(_text(text)) is not None,
    "title": title,
    "toUpper": to_upper,
    "toLower": to_lower,
    "safeHtml": lambda text: _text(text),
    "stripPort": strip_port,
    "stripDomain": strip_domain,
    "sortByLabel": sort_by_label,
    "graphLink": _link(0),
    "tableLink": _link(1),
    "humanize": humanize,
    "humanize1024": humanize1024,
    "humanizeDuration": humanize_duration,
    "humanizePercentage": humanize_percentage,
    "humanizeTimestamp": humanize_timestamp,
    "toTime": to_time,
    "parseDuration": parse_duration,
    "pathPrefix": lambda: "",
    "externalURL": lambda: "",
    "and": _both,
    "or": _either,
    "not": lambda value: not is_true(value),
    "eq": equal,
    "ne": lambda one, other: not equal(one, other),
    "lt": less,
    "le": lambda one, other: less(one, other) or equal(one, other),
    "gt": lambda one, other: not less(one, other) and not equal(one, other),  # of NaN too, as Go has it
    "ge": lambda one, other: not less(one, other),
    "len": length,
    "index": index,
    "print": sprint,
    "printf": printf,
    "println": sprintln,
    "html": lambda *values: html.escape(sprint(*values)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "urlquery": lambda *values: quote_plus(sprint(*values)),
}
