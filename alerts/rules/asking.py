"""The questions of many rules, asked together; a slow one is set aside, so that it takes no time from the others."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from alerts.rules.kinds.base import Span
from alerts.rules.plan import Plan
from monitoring.metrics import querying
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result

TOGETHER_S = 15.0
ALONE_S = 5.0
ALL_ALONE_S = 20.0  # for all that are asked alone in one batch
SLOW_FOR_S = 600.0
MOST_SLOW = 10_000
TIMEOUT: Literal["timeout"] = "timeout"

Answer = Result | PromqlError
Answers = list[Result] | PromqlError


@dataclass(slots=True)
class Asker:
    """Remembers which questions ran out of time, to ask them alone for a while."""

    slow: dict[str, float] = field(default_factory=dict)

    def ask(self, plans: Sequence[Plan], time_ms: int) -> dict[int, Answers]:
        """By the id of the rule: the answers to its queries and spans, or the first error among them."""
        answers = self.answers((text for plan in plans for text in plan.queries), time_ms)
        found: dict[int, Answers] = {}
        for plan in plans:
            mine = [answers[text] for text in plan.queries]
            if spans := plan.kind.spans():
                mine += [_past(span, time_ms) for span in spans]
            found[plan.rule_id] = _whole(mine)
        return found

    def answers(self, texts: Iterable[str], time_ms: int) -> dict[str, Answer]:
        """Each text once. What the deadline of all left no time for is asked again alone."""
        distinct = list(dict.fromkeys(texts))
        now = time.monotonic()
        quick = [text for text in distinct if self.slow.get(text, 0.0) <= now] if self.slow else distinct
        found = _together(quick, time_ms)
        alone = [text for text in distinct if text not in found or _is_late(found[text])]
        until = time.monotonic() + ALL_ALONE_S
        for text in alone:
            left_s = min(until - time.monotonic(), ALONE_S)
            found[text] = _alone(text, time_ms, left_s) if left_s > 0 else PromqlError(TIMEOUT, querying.TIMED_OUT)
            self._remember(text, _is_late(found[text]))
        return found

    def _remember(self, text: str, is_slow: bool) -> None:
        if not is_slow:
            self.slow.pop(text, None)
            return
        if len(self.slow) >= MOST_SLOW:
            self.slow.clear()
        self.slow[text] = time.monotonic() + SLOW_FOR_S


def _together(texts: list[str], time_ms: int) -> dict[str, Answer]:
    if not texts:
        return {}
    try:
        return dict(zip(texts, querying.query_many(texts, time_ms, timeout_s=TOGETHER_S), strict=True))
    except PromqlError as error:
        return dict.fromkeys(texts, error)


def _alone(text: str, time_ms: int, timeout_s: float) -> Answer:
    try:
        return querying.query(text, time_ms, timeout_s=timeout_s)
    except PromqlError as error:
        return error


def _past(span: Span, time_ms: int) -> Answer:
    step_ms = max(int(span.step_s * 1000), 1)
    try:
        return querying.query_range(span.text, time_ms - int(span.length_s * 1000), time_ms, step_ms, timeout_s=ALONE_S)
    except PromqlError as error:
        return error


def _is_late(answer: Answer) -> bool:
    return isinstance(answer, PromqlError) and answer.kind == TIMEOUT


def _whole(answers: list[Answer]) -> Answers:
    results: list[Result] = []
    for one in answers:
        if isinstance(one, PromqlError):
            return one
        results.append(one)
    return results
