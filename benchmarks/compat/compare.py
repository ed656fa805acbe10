"""Whether two answers are the same. Pure.

Values are equal when their relative difference is at most 1e-9 (NaN is NaN, an infinity is itself); label sets, times, the kind of
an answer and of an error, and an error's words are equal when they are the same. Series have an order only where a question says so.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.compat.answers import Answer, Row
from monitoring.metrics.promql.storage import Labels

RELATIVE = 1e-9

Verdict = Literal["equal", "differing", "refused", "words"]
"""`refused`: we give an error where there is an answer; `words`: both refuse for the same kind of reason, in other words."""


def verdict(theirs: Answer, ours: Answer, *, ordered: bool = False) -> tuple[Verdict, str]:
    """And what the difference is, in one line; empty when there is none."""
    if "error" in (theirs.kind, ours.kind):
        return of_errors(theirs, ours)
    if (theirs.kind, theirs.text) != (ours.kind, ours.text):
        return "differing", f"expected {theirs.kind} {theirs.text!r}, got {ours.kind} {ours.text!r}"
    for difference in differences(theirs.rows, ours.rows, ordered=ordered):
        return "differing", difference
    return "equal", ""


def of_errors(theirs: Answer, ours: Answer) -> tuple[Verdict, str]:
    words = f"expected {described(theirs)}\n       got {described(ours)}"
    if theirs.kind != "error":
        return "refused", words
    if ours.kind != "error" or theirs.error != ours.error:
        return "differing", words
    return ("equal", "") if theirs.text == ours.text else ("words", words)


def described(answer: Answer) -> str:
    if answer.kind == "error":
        return f"{answer.error}: {answer.text}"
    return f"{answer.kind} of {len(answer.rows)}"


def differences(theirs: list[Row], ours: list[Row], *, ordered: bool) -> Iterator[str]:
    """The first ones, in words."""
    known, found = {one.labels: one for one in theirs}, {one.labels: one for one in ours}
    if len(found) != len(ours):
        yield f"{len(ours) - len(found)} label sets more than once"
    yield from (f"missing {shown(labels)}" for labels in known if labels not in found)
    yield from (f"unexpected {shown(labels)}" for labels in found if labels not in known)
    order = [one.labels for one in theirs], [one.labels for one in ours]
    if ordered and order[0] != order[1]:
        yield f"expected the order {' '.join(map(shown, order[0]))}, got {' '.join(map(shown, order[1]))}"
    for labels, row in known.items():
        yield from of_rows(row, found[labels])


def of_rows(theirs: Row, ours: Row) -> Iterator[str]:
    if not np.array_equal(theirs.times, ours.times):
        extra, lost = np.setdiff1d(ours.times, theirs.times), np.setdiff1d(theirs.times, ours.times)
        yield f"{shown(theirs.labels)}: times unexpected {extra[:3].tolist()}, missing {lost[:3].tolist()}"
        return
    wrong = np.flatnonzero(~close(theirs.values, ours.values))
    if len(wrong):
        i = wrong[0]
        at, expected, got = int(theirs.times[i]), float(theirs.values[i]), float(ours.values[i])
        yield f"{shown(theirs.labels)} at {at}: expected {expected!r}, got {got!r} ({len(wrong)} of {len(theirs.times)})"


def close(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(left - right) <= RELATIVE * np.maximum(np.abs(left), np.abs(right))
        finite = np.isfinite(left) & np.isfinite(right)
    same: NDArray[np.bool_] = (near & finite) | (left == right) | (np.isnan(left) & np.isnan(right))
    return same


def shown(labels: Labels) -> str:
    name = dict(labels).get("__name__", "")
    inside = ", ".join(f"{key}={value!r}" for key, value in labels if key != "__name__")
    return f"{name}{{{inside}}}"
