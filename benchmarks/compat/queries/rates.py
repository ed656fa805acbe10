"""The rate family, deriv, predict_linear, changes, resets: extrapolation, resets, odd intervals, too few samples."""

from benchmarks.compat.queries.query import Query, spread

FAMILY = "rate increase delta irate idelta"
ALL = f"{FAMILY} deriv changes resets"
RANGES = "15s 30s 45s 1m 2m30s 5m 10m 1h"
EDGES = (3_590, 3_599.999, 3_600, 3_600.001, 3_605, 3_610, 3_620, 3_890, 3_895.001)

QUERIES: list[str | Query] = [
    *spread("$fn(requests_total{job='api'}[$range])", fn=FAMILY, range=RANGES),
    *spread("$fn(cpu_seconds_total[5m])", fn=ALL),
    *spread("$fn(uneven_total[$range])", fn=ALL, range="1m 7m 20m"),
    *spread("$fn(peculiar_total[$range])", fn=ALL, range="1m 10m"),
    *spread("$fn(peculiar[$range])", fn=ALL, range="2m 10m"),
    *spread("$fn(temperature[$range])", fn="delta idelta deriv changes resets", range="1m 5m 1h"),
    *spread("$fn(state[10m])", fn=ALL),
    *spread("$fn(up[10m])", fn="changes resets delta"),
    *spread("$fn(trend[5m])", fn=ALL),
    *spread("$fn(gappy[$range])", fn=ALL, range="1m 10m"),
    *spread("$fn(stale[5m])", fn=ALL),
    *spread("$fn(requests_total{instance=~'[bef]:80'}[5m])", fn=ALL),
    *(Query(text, moments=EDGES) for text in spread("$fn(brief[5m])", fn=ALL)),
    *(Query(text, moments=EDGES) for text in spread("$fn(begun_total[$range])", fn=FAMILY, range="1m 5m")),
    *(Query(text, moments=EDGES) for text in spread("$fn(pair_total[$range])", fn=ALL, range="1s 1m 5m")),
    *spread("$fn(latency_seconds_sum[5m])", fn=FAMILY),
    *spread("$fn(memory_bytes[5m])", fn="deriv delta"),
    *spread("$fn(event_time_seconds[10m])", fn="changes delta deriv"),
    *spread("$fn(nothing[5m])", fn=ALL),
    *spread("$fn({__name__=~'memory_bytes|queue_length'}[5m])", fn="delta changes"),
    *spread("$fn(requests_total[1ms])", fn="rate irate changes"),
    *spread("$fn({__name__=~'latency_seconds_(sum|count)'}[5m])", fn="rate changes"),
    *spread("predict_linear(temperature[$range], $ahead)", range="1m 10m 1h", ahead="0 60 3600 -600 1e6 0.5"),
    *spread(
        "predict_linear($metric[10m], 600)",
        metric="trend memory_bytes peculiar peculiar_total stale gappy uneven_total state",
    ),
    *spread(
        "predict_linear(temperature[10m], $ahead)", ahead="time() NaN Inf scalar(up) scalar(temperature{room='hall'})"
    ),
    *(Query(text, moments=EDGES) for text in spread("predict_linear(brief[5m], $ahead)", ahead="0 60")),
    *spread("sum by (job) (rate(requests_total[$range]))", range="1m 5m 1h"),
    *spread("sum(rate(requests_total[5m])) by ($by)", by=["code", "job, method", "instance"]),
    Query("rate(requests_total[5m])", spans=((-600, 9_900, 120), (600, 4_600, 1_000))),
    Query("increase(uneven_total[5m])", spans=((-600, 9_900, 120), (4_000, 4_100, 1))),
    Query("rate(peculiar_total{shape='saw'}[2m])", spans=((4_000, 4_100, 0.5),)),
    Query("delta(temperature[5m])", spans=((-400, 400, 7), (8_900, 9_400, 11))),
    Query("resets(requests_total[3h])", spans=((600, 7_800, 600),)),
    Query("rate(requests_total[15s])", spans=((600, 700, 1),)),
    Query("rate(requests_total[15001ms])", spans=((600, 700, 1),)),
    "rate(requests_total[5m]) > 1",
    "rate(requests_total[5m]) * 60 - increase(requests_total[5m]) / 5",
    "irate(requests_total[5m]) / rate(requests_total[5m])",
    "sum(irate(cpu_seconds_total{mode!='idle'}[1m])) by (node)",
    "100 - avg by (node) (rate(cpu_seconds_total{mode='idle'}[5m])) * 100",
    "deriv(requests_total{code='200'}[30m]) - rate(requests_total{code='200'}[30m])",
    "max(rate(requests_total[5m])) - min(rate(requests_total[5m]))",
    "rate(requests_total)",
    "rate(5)",
    "rate('a')",
    "rate()",
    "rate(requests_total[5m], 1)",
    "rate(sum(requests_total)[5m])",
    "rate(rate(requests_total[5m])[5m])",
    "rate((requests_total[5m]))",
    "rate((requests_total)[5m])",
    "predict_linear(temperature[5m])",
    "predict_linear(temperature, 5)",
    "predict_linear(temperature[5m], 'a')",
    "predict_linear(temperature[5m], temperature)",
    "predict_linear(5, temperature[5m])",
]
