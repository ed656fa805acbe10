"""`*_over_time` and holt_winters, over whole and broken windows."""

from benchmarks.compat.queries.query import Query, spread

FAMILY = "avg min max sum count stddev stdvar last present"
EDGES = (3_589.999, 3_590, 3_600, 3_600.001, 3_890, 3_890.001, 3_900.001)

QUERIES: list[str | Query] = [
    *spread("$fn(temperature[$range])", fn=[f"{one}_over_time" for one in FAMILY.split()], range="1s 15s 1m 5m 1h 3h"),
    *spread(
        "$fn($metric[5m])",
        fn=[f"{one}_over_time" for one in FAMILY.split()],
        metric=["peculiar", "stale", "gappy", "both", "peculiar_total", "event_time_seconds", "nothing", "trend"],
    ),
    *spread(
        "$fn($metric[10m])",
        fn=[f"{one}_over_time" for one in FAMILY.split()],
        metric=["uneven_total", "memory_bytes", "up", "odd_labels"],
    ),
    *(
        Query(text, moments=EDGES)
        for text in spread("$fn(brief[5m])", fn=[f"{one}_over_time" for one in (*FAMILY.split(), "absent")])
    ),
    *spread("quantile_over_time($q, temperature[10m])", q="0 0.1 0.5 0.9 0.99 1 -0.1 1.1 NaN Inf -Inf"),
    *spread(
        "quantile_over_time(0.9, $metric[5m])", metric="peculiar stale gappy brief uneven_total up queue_length nothing"
    ),
    *spread(
        "quantile_over_time($q, queue_length[10m])",
        q=["time()", "scalar(up)", "0.5 + 0.1", "scalar(temperature{room='hall'}) / 20"],
    ),
    *spread("quantile_over_time($q, peculiar[10m])", q="0 0.5 1"),
    *spread("holt_winters(temperature[10m], $sf, $tf)", sf="0.1 0.5 0.9", tf="0.1 0.9"),
    *spread(
        "holt_winters($metric[5m], 0.3, 0.6)", metric="peculiar stale gappy brief trend state requests_total nothing"
    ),
    *spread("holt_winters(temperature[10m], $sf, $tf)", sf="0 1 -0.1 1.1 NaN", tf="0.5"),
    *spread("holt_winters(temperature[10m], 0.5, $tf)", tf="0 1 1.1 NaN Inf"),
    *spread(
        "absent_over_time($of[5m])",
        of=["temperature", "nothing", "brief", "stale{marked='long'}", "temperature{room='attic'}"],
    ),
    *spread(
        "absent_over_time($of[5m])",
        of=[
            "nothing{a='1'}",
            "nothing{a='1',b=~'x'}",
            "nothing{a='1',a='2'}",
            "{a='1',b!='2'}",
            "nothing{a=''}",
            '{__name__="x",y="1"}',
        ],
    ),
    *spread("present_over_time($of[1m])", of=["gappy", "stale", "nothing", "requests_total{instance='b:80'}"]),
    *spread("$fn(requests_total[5m])", fn=[f"{one}_over_time" for one in FAMILY.split()]),
    *spread("$fn({__name__=~'memory_bytes|queue_length'}[5m])", fn="last_over_time max_over_time count_over_time"),
    *spread("$fn({__name__=~'latency_seconds_(sum|count)'}[5m])", fn="last_over_time max_over_time"),
    Query("avg_over_time(temperature[5m])", spans=((-600, 9_900, 120), (4_000, 4_060, 0.5))),
    Query("count_over_time(gappy[5m])", spans=((3_200, 4_300, 5),)),
    Query("count_over_time(stale[5m])", spans=((2_900, 4_300, 5),)),
    Query("last_over_time(stale[5m])", spans=((2_900, 4_300, 5),)),
    Query("sum_over_time(peculiar{shape='big_small'}[10m])"),
    Query("avg_over_time(peculiar{shape=~'huge|max'}[10m])"),
    "avg_over_time(peculiar{shape='mixed'}[1m])",
    "sum(avg_over_time(temperature[5m])) by (floor)",
    "max_over_time(temperature[10m]) - min_over_time(temperature[10m])",
    "(temperature - avg_over_time(temperature[1h])) / stddev_over_time(temperature[1h])",
    "avg_over_time(up[30m]) * 100 < 95",
    "count_over_time(up[5m]) == bool 20",
    "sum_over_time(up[1h]) / count_over_time(up[1h])",
    "last_over_time(requests_total[10m]) unless requests_total",
    "timestamp(last_over_time(temperature[5m]))",
    *spread("$fn(temperature)", fn="avg_over_time last_over_time absent_over_time"),
    *spread("$fn()", fn="avg_over_time quantile_over_time holt_winters"),
    *spread("$fn(temperature[5m], 1)", fn="avg_over_time absent_over_time"),
    "quantile_over_time(temperature[5m])",
    "quantile_over_time(0.5, temperature)",
    "quantile_over_time(temperature[5m], 0.5)",
    "quantile_over_time('0.5', temperature[5m])",
    "holt_winters(temperature[5m], 0.5)",
    "holt_winters(temperature[5m])",
    "holt_winters(temperature, 0.5, 0.5)",
    "holt_winters(temperature[5m], 'a', 0.5)",
    "median_over_time(temperature[5m])",
    "stdvar_over_time(temperature)",
]
