"""Parts of dates in UTC, by the proleptic Gregorian calendar, over as wide a span as Go's `time` has. Pure.

Seconds are counted from the beginning of a year some 292 thousand million years ago, modulo 2**64, as Go does: so even
NaN and infinities, which Go converts to the least integer, give what Prometheus gives.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.promql.vectors import Floats, Ints

YEAR_ZERO = -292277022399  # a year that begins a cycle of 400, counted from 1
UNIX_SECONDS = np.uint64(9223372028715321600)  # from the beginning of that year to 1970
DAY_S = 86_400
LEAST = np.iinfo(np.int64).min
DAYS_BEFORE_MONTH = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])
DAYS_IN_MONTH = np.diff(DAYS_BEFORE_MONTH)

Seconds = NDArray[np.uint64]


class Day(NamedTuple):
    """`year_day` counts from 0; `month` and `day` from 1."""

    year: Ints
    leap: NDArray[np.bool_]
    year_day: Ints
    month: Ints
    day: Ints


def seconds_of(values: Floats) -> Seconds:
    """Unix times, cut to whole seconds, as seconds since the beginning of `YEAR_ZERO`."""
    known = np.abs(values) < 2.0**63  # false for NaN
    whole = np.where(known, np.where(known, values, 0.0).astype(np.int64), LEAST)
    return whole.view(np.uint64) + UNIX_SECONDS


def day_of(seconds: Seconds) -> Day:
    """The day in the calendar: cycles of 400, 100, 4 and 1 year taken off in turn."""
    left = (seconds // DAY_S).astype(np.int64)
    cycles, left = np.divmod(left, 146_097)
    years = 400 * cycles
    for width, days in ((100, 36_524), (4, 1_461), (1, 365)):
        count = left // days
        if width != 4:
            count -= count >> 2  # the last day of a leap cycle is not a cycle of its own
        years += width * count
        left -= days * count
    year = years + YEAR_ZERO
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    leap_day = leap & (left == 59)
    common = left - (leap & (left >= 59))
    month = np.searchsorted(DAYS_BEFORE_MONTH, common, side="right")
    day = common - DAYS_BEFORE_MONTH[month - 1] + 1 + leap_day
    return Day(year, leap, left, month, day)


def days_in_month(seconds: Seconds) -> Ints:
    day = day_of(seconds)
    days: Ints = DAYS_IN_MONTH[day.month - 1] + (day.leap & (day.month == 2))
    return days


PARTS: dict[str, Callable[[Seconds], NDArray[np.int64] | Seconds]] = {
    "minute": lambda seconds: seconds % 3600 // 60,
    "hour": lambda seconds: seconds % DAY_S // 3600,
    "day_of_week": lambda seconds: (seconds // DAY_S + np.uint64(1)) % 7,  # Sunday is 0
    "day_of_month": lambda seconds: day_of(seconds).day,
    "day_of_year": lambda seconds: day_of(seconds).year_day + 1,
    "days_in_month": days_in_month,
    "month": lambda seconds: day_of(seconds).month,
    "year": lambda seconds: day_of(seconds).year,
}


def part(name: str, values: Floats) -> Floats:
    """`year`, `month` … of Unix times in seconds, of any shape."""
    return PARTS[name](seconds_of(values)).astype(np.float64)
