"""What both sides are asked, a module a family."""

from collections.abc import Iterator
from importlib import import_module

from benchmarks.compat.queries.query import Query

FAMILIES = (
    "selectors",
    "offset_at",
    "binary",
    "matching",
    "aggregation",
    "rates",
    "over_time",
    "histograms",
    "labels",
    "dates",
    "math",
    "subqueries",
    "mixed",
    "errors",
    "limits",
    "random_trees",
    "mutations",
    "patterns",
)


def queries(family: str) -> Iterator[Query]:
    """The queries of a family, each text once."""
    seen = set()
    for one in import_module(f"benchmarks.compat.queries.{family}").QUERIES:
        query = one if isinstance(one, Query) else Query(one)
        if query not in seen:
            seen.add(query)
            yield query
