"""What the portal measures of itself: counters, gauges and histograms, right across processes, shown at `/metrics`.

    TAKEN = counter("opsportal_ingest_samples_total", "Samples stored.", ("door",))
    TAKEN.add(500, "scrape")

A module declares its measures once, when it is imported; a use costs well under 2 microseconds and never waits or raises for Valkey.
Deltas go to Valkey about once a second (`flushing`). Imports no Django app, so that beat can count too.
"""

from opsportal.measures.flushing import before_flush, flush, start
from opsportal.measures.registry import Counter, Gauge, Histogram, counter, gauge, histogram

__all__ = ["Counter", "Gauge", "Histogram", "before_flush", "counter", "flush", "gauge", "histogram", "start"]
