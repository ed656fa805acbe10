"""Samples of an OTLP request, as they are found: whose, when, how much, and which of them are differences."""

from array import array

import numpy as np

from monitoring.metrics.identities import fault_of
from monitoring.metrics.ingest import Metadata, Reason
from monitoring.metrics.known import known
from monitoring.metrics.promql.storage import STALE_BITS, Labels
from monitoring.metrics.push.heard import Heard, TooMuchError
from monitoring.metrics.push.tally import Tally

MOST_SAMPLES = 200_000  # of a request; a histogram has one a bucket and two more
MOST_PARTS = 250_000  # resources, scopes, metrics and data points of a request
STALE = float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])
Pairs = dict[str, str]


class Collected:
    """A request on its way to `Heard`. `points` are data points seen."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.metadata: dict[str, Metadata] = {}
        self.points = self._parts = 0
        self._places: dict[Labels, int] = {}
        self._owners, self._times, self._values = array("q"), array("q"), array("d")
        self._differences = bytearray()

    def add(self, name: str, pairs: Pairs, time_ms: int, value: float, *, difference: bool = False) -> str:
        """One sample; what is wrong with its labels, or "". With `difference` it is added to what came before."""
        labels = tuple(sorted([("__name__", name), *((key, text) for key, text in pairs.items() if text)]))
        place = self._places.get(labels)
        if place is None:
            if labels not in known.ids and (fault := fault_of(labels)):  # what the store knows was checked before
                return fault
            place = self._places[labels] = len(self._places)
        if len(self._owners) >= MOST_SAMPLES:
            raise TooMuchError(f"More than {MOST_SAMPLES} samples; send fewer data points in a request.")
        self._owners.append(-1 - place)
        self._times.append(time_ms)
        self._values.append(value)
        self._differences.append(difference)
        return ""

    def count_parts(self, count: int = 1) -> None:
        """Whatever they hold, reading them costs time. Raises TooMuchError."""
        self._parts += count
        if self._parts > MOST_PARTS:
            raise TooMuchError(f"More than {MOST_PARTS} parts; send fewer data points in a request.")

    def refuse(self, count: int, detail: str) -> None:
        if count:
            self.tally.add(Reason.INVALID, count, detail)

    def heard(self) -> Heard:
        return Heard(
            np.array(self._owners, dtype=np.int64),
            np.array(self._times, dtype=np.int64),
            np.frombuffer(self._values.tobytes(), dtype=np.float64),
            list(self._places),
            self.tally,
            list(self.metadata.values()),
            differences=np.frombuffer(bytes(self._differences), dtype=np.bool_),
        )
