"""How queries are written down: one by one, or as templates spread over choices. Pure.

In a text `<3600>` stands for the moment 3600 s after the data begin, as Unix seconds.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from benchmarks.compat.answers import Question

Span = tuple[float, float, float]

MOMENTS = (3_600.0, 7_507.123)
"""On a tick of the data, and off it on the next day."""

SPANS: tuple[Span, ...] = ((600, 7_800, 60), (3_207.5, 4_500, 17))
"""First, last, step: on the ticks, and off them over what begins and ends there."""


@dataclass(frozen=True, slots=True)
class Query:
    """An expression; `ordered` where an instant answer has an order. Times are seconds after the data begin."""

    text: str
    ordered: bool = False
    moments: tuple[float, ...] = MOMENTS
    spans: tuple[Span, ...] = SPANS

    def questions(self, base_s: int) -> Iterator[Question]:
        text = re.sub(r"<(\d+(?:\.\d+)?)>", lambda found: _unix(base_s, float(found[1])), self.text)
        for moment in self.moments:
            at_ms = base_s * 1000 + round(moment * 1000)
            yield Question(text, at_ms, at_ms, ordered=self.ordered)
        for first, last, step in self.spans:
            start_ms, end_ms = base_s * 1000 + round(first * 1000), base_s * 1000 + round(last * 1000)
            yield Question(text, start_ms, end_ms, round(step * 1000))


def _unix(base_s: int, after_s: float) -> str:
    return f"{base_s + after_s:.3f}".removesuffix(".000")


def spread(template: str, **choices: str | Sequence[str]) -> list[str]:
    """The template with every combination of choices; a choice written as one string is split at blanks."""
    lists = [one.split() if isinstance(one, str) else one for one in choices.values()]
    out = []
    for combination in product(*lists):
        chosen = dict(zip(choices, combination, strict=True))
        out.append(re.sub(r"\$(\w+)", lambda found, chosen=chosen: chosen.get(found[1], found[0]), template))  # type: ignore[misc]
    return out


def ordered(texts: Sequence[str]) -> list[Query]:
    """Queries whose instant answers come in an order."""
    return [Query(text, ordered=True) for text in texts]
