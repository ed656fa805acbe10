"""Functions of dates, of the moment of the evaluation and of values; time() and timestamp()."""

from benchmarks.compat.queries.query import Query, spread

PARTS = "year month day_of_month day_of_week day_of_year days_in_month hour minute"
MIDNIGHT = (7_199.999, 7_200, 7_200.001, -79_200, -59 * 86_400 - 79_200, 366 * 86_400)

QUERIES: list[str | Query] = [
    *(Query(text, moments=(*MIDNIGHT, 3_600)) for text in spread("$fn()", fn=PARTS)),
    *spread("$fn(event_time_seconds)", fn=PARTS),
    *spread("$fn(vector(time()))", fn=PARTS),
    *spread("$fn(vector($when))", fn=PARTS, when="0 1709251199 951827696 4107542400 -1 NaN"),
    *spread("$fn(peculiar{shape=~'fraction|halves|zero|minus_zero'})", fn=PARTS),
    *spread("$fn(temperature offset 1h)", fn="hour day_of_week"),
    *spread("$fn(timestamp(temperature))", fn=PARTS),
    *spread("$fn(event_time_seconds{event='moving'})", fn=PARTS),
    *spread("$fn(nothing)", fn=PARTS),
    *spread("$fn(1)", fn="year hour minute"),
    *spread("$fn(event_time_seconds, event_time_seconds)", fn="year minute"),
    *spread("$fn(event_time_seconds[5m])", fn="month day_of_year"),
    *spread("$fn('2024')", fn="year"),
    Query("time()", moments=(0, 3_600, 3_600.5, 7_507.123, 9_000.001)),
    "time() - 1709244000",
    "time() % 86400",
    "time(1)",
    "time() + vector(1)",
    "vector(time())",
    "hour() >= bool 23",
    "(hour() == 23) or (hour() == 0)",
    "temperature and on() (hour() >= 23)",
    "temperature and on() (day_of_week() == 4)",
    "sum(event_time_seconds) by (nothing_like_it)",
    "days_in_month(event_time_seconds) - day_of_month(event_time_seconds)",
    "time() - event_time_seconds{event='leap_day'}",
    *spread(
        "timestamp($of)",
        of=["temperature", "stale", "brief", "up", "uneven_total", "nothing", "vector(1)", "time()", "requests_total"],
    ),
    *spread(
        "timestamp($of)",
        of=["temperature offset 1m", "temperature @ <3600>", "sum(temperature)", "temperature + 1", "-temperature"],
    ),
    *spread(
        "timestamp($of)",
        of=["(temperature)", "((temperature))", "abs(temperature)", "timestamp(temperature)", "temperature[5m]", "1"],
    ),
    *spread(
        "timestamp($of)",
        of=[
            "rate(requests_total[5m])",
            "temperature > 5",
            "(temperature offset 1m)",
            "last_over_time(temperature[5m])",
        ],
    ),
    "time() - timestamp(temperature)",
    "max(time() - timestamp(requests_total))",
    "timestamp(timestamp(temperature))",
    "timestamp(up) - timestamp(up offset 5m)",
    Query("timestamp(brief)", moments=(3_590, 3_600, 3_885, 3_890), spans=((3_290, 3_620, 1),)),
    Query("timestamp(stale)", spans=((2_900, 4_300, 5),)),
]
