"""New labels from old: `label_replace` and `label_join`. Pure."""

import functools
import re
from collections.abc import Callable

import re2

from monitoring.metrics.promql.errors import execution
from monitoring.metrics.promql.patterns import BadPatternError, compiled
from monitoring.metrics.promql.storage import Labels

NAME = "__name__"
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
REFERENCE = re2.compile(r"\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})?")
NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


def without_name(labels: Labels) -> Labels:
    """The labels without the metric's name."""
    if labels and labels[0][0] == NAME:
        return labels[1:]
    return tuple(pair for pair in labels if pair[0] != NAME)


def with_label(labels: Labels, name: str, value: str) -> Labels:
    """The labels with one set, or taken off when the value is empty."""
    pairs = dict(labels)
    pairs.pop(name, None)
    if value:
        pairs[name] = value
    return tuple(sorted(pairs.items()))


def replacer(target: str, template: str, source: str, expression: str) -> Callable[[Labels], Labels]:
    """What sets label `target` to the template filled from label `source`, where that matches the expression as a whole."""
    try:
        pattern = compiled(expression, groups=True)
    except BadPatternError as error:
        raise execution(f"invalid regular expression in label_replace(): {expression}") from error
    if not LABEL_NAME.fullmatch(target):
        raise execution(f"invalid destination label name in label_replace(): {target}")

    @functools.cache
    def filled(value: str) -> str | None:
        match = pattern.fullmatch(value)
        return expand(template, match) if match else None

    def replace(labels: Labels) -> Labels:
        value = filled(dict(labels).get(source, ""))
        return labels if value is None else with_label(labels, target, value)

    return replace


def expand(template: str, match: "re2._Match") -> str:
    """The template with `$1`, `${1}`, `$name`, `${name}` replaced by what these groups matched, `$$` by `$`.

    As Go's Regexp.Expand: a name reaches as far as it can, an unknown one is empty, a lone `$` stays.
    """

    def group(reference: "re2._Match") -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        if NUMBER.fullmatch(name):
            index = int(name)
            return (match.group(index) or "") if index <= match.re.groups else ""
        return (match.group(name) or "") if name in match.re.groupindex else ""

    filled: str = REFERENCE.sub(group, template)
    return filled


def joiner(target: str, separator: str, sources: list[str]) -> Callable[[Labels], Labels]:
    """What sets label `target` to the values of `sources` with a separator between."""
    for source in sources:
        if not LABEL_NAME.fullmatch(source):
            raise execution(f"invalid source label name in label_join(): {source}")
    if not LABEL_NAME.fullmatch(target):
        raise execution(f"invalid destination label name in label_join(): {target}")

    def join(labels: Labels) -> Labels:
        values = dict(labels)
        return with_label(labels, target, separator.join(values.get(source, "") for source in sources))

    return join
