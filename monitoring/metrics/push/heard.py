"""What a request says, once its bytes are understood: samples, whose they are, and what could not be taken."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.ingest import Metadata, Reason
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.push import samples
from monitoring.metrics.push.labels import LabelError
from monitoring.metrics.push.tally import Tally

MOST_SERIES = 200_000  # of a request
MOST_SAMPLES = 1_000_000

REFUSED = -(2**62)  # the owner of samples that are not taken

Known = Callable[[bytes | str], int | None]


class TooMuchError(Exception):
    """A request holds more than one request may; the sentence says what to do."""


@dataclass
class Heard:
    """Samples as three arrays of one length. `owners` are ids of series, or -1 - i for `strangers[i]`.

    `strangers` are series whose ids are not known yet; `keys` is what to remember them by, empty if nothing.
    `differences` says which values are to be added to what came before.
    """

    owners: NDArray[np.int64]
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    strangers: list[Labels]
    tally: Tally
    metadata: list[Metadata] = field(default_factory=list)
    keys: list[bytes | str] = field(default_factory=list)
    differences: NDArray[np.bool_] | None = None


class Collector:
    """Takes down where samples stand in `data`, series by series, and reads them all at the end.

    First come series of one sample, one array each of places; `others` follow.
    """

    def __init__(self, data: bytes, known: Known) -> None:
        self.data = data
        self.known = known
        self.tally = Tally()
        self.strangers: list[Labels] = []
        self.places: dict[bytes | str, int] = {}
        self.owners, self.ends, self.lengths = array("q"), array("q"), array("q")
        self.seen = self.parts = 0

    def count_series(self) -> None:
        self.seen += 1
        if self.seen > MOST_SERIES:
            raise TooMuchError(f"More than {MOST_SERIES} new or unusual series; send fewer in a request.")

    def count_part(self) -> None:
        """Of a series or of the request, whatever it holds: reading it costs time."""
        self.parts += 1
        if self.parts > MOST_SAMPLES:
            raise TooMuchError(f"More than {MOST_SAMPLES} parts; send fewer in a request.")

    def owner(self, key: bytes | str, labels: Callable[[], Labels], *, wanted: bool = True) -> int:
        """Who owns samples of the series called `key`; without samples its labels are checked only. Raises LabelError."""
        series = self.known(key)
        if series is not None:
            return series
        if not wanted:
            labels()
            return REFUSED
        place = self.places.get(key)
        if place is None:
            self.strangers.append(labels())
            place = self.places[key] = len(self.places)
        return -1 - place

    def add(self, owner: int, ends: Sequence[int], lengths: Sequence[int]) -> None:
        """Samples of one series: where their messages end, and how long they are."""
        self.owners.extend([owner] * len(ends))
        self.ends.extend(ends)
        self.lengths.extend(lengths)
        if len(self.ends) > MOST_SAMPLES:
            raise TooMuchError(f"More than {MOST_SAMPLES} samples; send fewer in a request.")

    def refuse(self, fault: LabelError, count: int) -> None:
        self.tally.add(Reason.INVALID, max(count, 1), str(fault))

    def refuse_histograms(self, count: int) -> None:
        if count:
            detail = "Native histograms are not stored; send classic ones (with buckets as series)."
            self.tally.add(Reason.INVALID, count, detail)

    def heard(self, owners: list[int], ends: list[int], lengths: list[int]) -> Heard:
        """All of it, the samples of `owners` (series of one sample) first. Raises WireError."""
        every_owner, every_end, every_length = (
            np.concatenate([np.array(first, dtype=np.int64), np.array(then, dtype=np.int64)])
            for first, then in ((owners, self.owners), (ends, self.ends), (lengths, self.lengths))
        )
        times, values = samples.decode(self.data, every_end, every_length)
        taken = every_owner != REFUSED
        if not taken.all():
            every_owner, times, values = every_owner[taken], times[taken], values[taken]
        return Heard(every_owner, times, values, self.strangers, self.tally, keys=list(self.places))
