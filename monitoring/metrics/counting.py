"""What came in by each door, for `/metrics`."""

from collections.abc import Iterable

from monitoring.metrics.ingest import Refusal
from opsportal.measures import counter

STORED = counter("opsportal_ingest_samples_total", "Samples that were stored.", ("door",))
REFUSED = counter("opsportal_ingest_refused_samples_total", "Samples that were refused.", ("door", "reason"))


def came_in(door: str, stored: int, refusals: Iterable[Refusal] = ()) -> None:
    """Count a request, a scrape or a batch. `door` is the kind of its `Source`."""
    STORED.add(stored, door)
    for refusal in refusals:
        REFUSED.add(refusal.count, door, refusal.reason)
