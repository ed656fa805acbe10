"""What was not taken of a request, and why, in a few sentences whatever the number of faults. Pure."""

from collections import Counter
from collections.abc import Iterable

from monitoring.metrics.ingest import Reason, Refusal

SHOWN = 3


class Tally:
    """Counts by reason, and the first sentence of each kind of fault."""

    def __init__(self) -> None:
        self.counts: Counter[Reason] = Counter()
        self.details: dict[Reason, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> int:
        return self.counts.total()

    def add(self, reason: Reason, count: int, detail: str) -> None:
        self.counts[reason] += count
        details = self.details.setdefault(reason, [])
        if len(details) < SHOWN and detail not in details:
            details.append(detail)

    def extend(self, refusals: Iterable[Refusal]) -> None:
        for refusal in refusals:
            self.add(refusal.reason, refusal.count, refusal.detail)

    def refusals(self) -> list[Refusal]:
        return [Refusal(reason, count, " ".join(self.details[reason])) for reason, count in self.counts.items()]

    def sentence(self, written: int) -> str:
        """For the sender's log: how many, and the first faults."""
        details = " ".join(detail for details in self.details.values() for detail in details)
        return f"{self.total} of {self.total + written} samples were refused, the others are stored. {details}"
