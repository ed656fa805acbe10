"""Our engine, asked the same questions over any storage."""

from collections.abc import Sequence

import numpy as np

from benchmarks.compat.answers import USUAL, Answer, Question, Row, Settings, refusal
from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.batch import query_many
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.storage import Storage
from monitoring.metrics.promql.vectors import Ints, Scalar, Text, Vector, Windows


class Ours:
    """Evaluates over `storage`; what an exception other than the engine's own says is an answer too: a wrong one."""

    def __init__(self, storage: Storage, settings: Settings = USUAL) -> None:
        self.storage = storage
        self.settings = settings._asdict()

    def ask(self, question: Question) -> Answer:
        try:
            return self._ask(question)
        except PromqlError as error:
            return refusal(error.kind, error.message)
        except Exception as error:
            return refusal(f"({type(error).__name__})", str(error))

    def ask_many(self, questions: Sequence[Question]) -> list[Answer]:
        """All at the moment of the first, as a group of rules is asked."""
        texts = [question.text for question in questions]
        found = query_many(self.storage, texts, questions[0].start_ms, **self.settings)
        return [
            refusal(one.kind, one.message)
            if isinstance(one, PromqlError)
            else answer(one.value, one.step_times_ms, one.kind)
            for one in found
        ]

    def _ask(self, question: Question) -> Answer:
        if question.step_ms:
            span = (question.start_ms, question.end_ms, question.step_ms)
            result = evaluate.query_range(self.storage, question.text, *span, **self.settings)
        else:
            result = evaluate.query(self.storage, question.text, question.start_ms, **self.settings)
        times = np.asarray(result.step_times_ms, dtype=np.int64)
        return answer(result.value, times, "matrix" if question.step_ms else result.kind)


def answer(value: Scalar | Text | Vector | Windows, times: Ints, kind: str) -> Answer:
    """The value of an expression at `times` (T), as the HTTP API would give it."""
    if isinstance(value, Text):
        return Answer("string", text=value.value)
    if isinstance(value, Scalar):
        return Answer(kind, [Row((), times, np.broadcast_to(value.values, times.shape))])
    if isinstance(value, Vector):
        kept = [i for i in range(len(value.labels)) if value.present[i].any()]
        return Answer(
            kind, [Row(value.labels[i], times[value.present[i]], value.values[i][value.present[i]]) for i in kept]
        )
    return Answer(kind, windows(value))


def windows(value: Windows) -> list[Row]:
    """A range vector at one moment."""
    ranges = [slice(int(start), int(end)) for start, end in zip(value.starts[:, 0], value.ends[:, 0], strict=True)]
    rows = zip(value.labels, ranges, strict=True)
    return [Row(labels, value.times[one], value.values[one]) for labels, one in rows if one.stop > one.start]
