"""What a backend answers. Times are milliseconds since 1970; what goes wrong is a PromqlError, whose kinds are Prometheus's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitoring.metrics.ingest import Metadata
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.storage import Labels, Matchers, Storage

LOOKBACK_MS = 300_000


@dataclass(frozen=True, slots=True)
class Options:
    """How a query is to be answered: within `deadline_s` seconds from now, samples up to `lookback_ms` old count as present.

    `large`: more may be held in memory, since no other such query is worked on. A backend that does not hold samples itself
    need not tell large from small; one that does raises TooMuchError where a query should be asked again as a large one.
    """

    deadline_s: float
    lookback_ms: int = LOOKBACK_MS
    large: bool = True


class Backend(Protocol):
    """One store. Called from many threads at once. `storage` is asked for samples without PromQL."""

    @property
    def storage(self) -> Storage: ...

    def query(self, text: str, time_ms: int, options: Options) -> Result: ...

    def query_many(self, texts: Sequence[str], time_ms: int, options: Options) -> list[Result | PromqlError]:
        """The value of each text at one time, or what is wrong with it; the deadline is of all together."""

    def query_range(self, text: str, start_ms: int, end_ms: int, step_ms: int, options: Options) -> Result: ...

    def series(
        self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int, deadline_s: float
    ) -> list[Labels]:
        """Sorted; of every matcher set, or all where there is none. `limit` 0: all."""

    def label_values(
        self,
        name: str | None,
        matcher_sets: Sequence[Matchers],
        start_ms: int,
        end_ms: int,
        limit: int,
        deadline_s: float,
    ) -> list[str]:
        """Sorted values of a label; the names of labels when `name` is None."""

    def metadata(self, metric: str, limit: int, deadline_s: float) -> list[Metadata]:
        """What metrics are, by name; of one `metric` unless it is empty. `limit` is of metrics, 0: all."""
