"""New labels from old: `label_replace` and `label_join`. Pure."""

import functools
import re
from collections.abc import Callable, Iterable

import re2

from monitoring.metrics.promql.errors import PromqlError, execution
from monitoring.metrics.promql.patterns import BadPatternError, compiled
from monitoring.metrics.promql.storage import Labels

NAME = "__name__"
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
MOST_CHARACTERS = 32_768  # of a label that is made: what the labels of a stored series may have together
MOST_IN_ALL = 16_777_216  # of the long values of all series together
LONG = 64
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

    made = 0

    def group(reference: "re2._Match") -> str:
        nonlocal made
        found = referred(reference)
        made += len(found)
        if made > MOST_CHARACTERS:
            raise too_long()
        return found

    def referred(reference: "re2._Match") -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        if NUMBER.fullmatch(name):
            index = int(name)
            return (match.group(index) or "") if index <= match.re.groups else ""
        return (match.group(name) or "") if name in match.re.groupindex else ""

    filled: str = REFERENCE.sub(group, template)
    if len(filled) > MOST_CHARACTERS:
        raise too_long()
    return filled


def too_long() -> PromqlError:
    return execution(f"a label would have more than {MOST_CHARACTERS:,} characters; take a shorter replacement")


def relabelled(series: Iterable[Labels], change: Callable[[Labels], Labels]) -> list[Labels]:
    """Every label set changed. PromqlError if that takes too many characters."""
    found, made = [], 0
    for labels in series:
        changed = change(labels)
        found.append(changed)
        for _, value in changed:
            if len(value) > LONG:
                made += len(value)
        if made > MOST_IN_ALL:
            raise execution(f"labels would have more than {MOST_IN_ALL:,} characters together; select fewer series")
    return found


def joiner(target: str, separator: str, sources: list[str]) -> Callable[[Labels], Labels]:
    """What sets label `target` to the values of `sources` with a separator between."""
    for source in sources:
        if not LABEL_NAME.fullmatch(source):
            raise execution(f"invalid source label name in label_join(): {source}")
    if not LABEL_NAME.fullmatch(target):
        raise execution(f"invalid destination label name in label_join(): {target}")

    def join(labels: Labels) -> Labels:
        values = dict(labels)
        parts = [values.get(source, "") for source in sources]
        if sum(map(len, parts)) + len(separator) * (len(parts) - 1) > MOST_CHARACTERS:
            raise too_long()
        return with_label(labels, target, separator.join(parts))

    return join
