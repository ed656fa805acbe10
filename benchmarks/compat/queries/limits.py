"""The limit of points, and questions whose times make no sense. Prometheus's words for these come from its HTTP API."""

from benchmarks.compat.queries.query import Query

QUERIES: list[str | Query] = [
    Query("temperature", moments=(), spans=((0, 10_999, 1), (0, 11_000, 1), (0, 11_001, 1), (0, 9_000, 0.5))),
    Query("time()", moments=(), spans=((0, 11_000, 1), (0, 11_001, 1), (0, 1_100, 0.1))),
    Query("1", moments=(), spans=((0, 100_000, 1), (-1e6, 1e6, 200))),
    Query("up", moments=(-1e9, 1e9), spans=((3_600, 3_600, 1), (3_600, 3_599, 1), (9_000, 0, 60))),
    Query("sum(up)", moments=(0,), spans=((0, 9_000, 0.001), (0, 9_000, 9_001), (0, 10, 0.001))),
    Query("up[5m]", moments=(3_600,), spans=((0, 60, 1),)),
    Query("'text'", moments=(3_600,), spans=((0, 60, 1),)),
    Query("rate(up[5m]", moments=(3_600,), spans=((0, 100_000, 1), (0, 60, 1))),
]
