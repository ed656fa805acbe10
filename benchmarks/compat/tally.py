"""Ask both sides everything, and count."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from benchmarks.compat.answers import Answer, Question
from benchmarks.compat.compare import Verdict, verdict
from benchmarks.compat.queries import queries
from benchmarks.compat.scope import reason_outside


class Side(Protocol):
    def ask(self, question: Question) -> Answer: ...


class Finding(NamedTuple):
    question: Question
    verdict: Verdict
    words: str


@dataclass(slots=True)
class Tally:
    """Of one family: expressions asked, verdicts over questions, kinds of answers, what is not equal, and what
    was left out and why."""

    family: str
    expressions: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    outside: Counter[str] = field(default_factory=Counter)

    @property
    def questions(self) -> int:
        return self.counts.total()


def tally(family: str, questions: Iterable[list[Question]], theirs: Side, ours: Side) -> Tally:
    """Compare all questions, given by expression."""
    found = Tally(family)
    for expression in questions:
        inside = [question for question in expression if not reason_outside(question)]
        found.outside.update(filter(None, map(reason_outside, expression)))
        found.expressions.update(question.text for question in inside)
        for question in inside:
            count(found, question, theirs, ours)
    return found


def count(found: Tally, question: Question, theirs: Side, ours: Side) -> None:
    expected = theirs.ask(question)
    word, words = verdict(expected, ours.ask(question), ordered=question.ordered)
    found.counts[word] += 1
    found.kinds[kind(expected)] += 1
    if word != "equal":
        found.findings.append(Finding(question, word, words))


def kind(answer: Answer) -> str:
    if answer.kind == "error":
        return "answered with an error"
    return "answered with values" if answer.rows or answer.text else "answered with nothing"


def of_family(family: str, base_s: int, every: int = 1) -> Iterator[list[Question]]:
    """The questions of a family; of `every` so many expressions, one."""
    for i, query in enumerate(queries(family)):
        if i % every == 0:
            yield list(query.questions(base_s))
