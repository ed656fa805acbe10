"""Odd labels and names, and values that are dates. Pure."""

from collections.abc import Iterator

import numpy as np

from benchmarks.compat.samples.series import Series, make, ticks

TEXTS = {
    "quote": 'say "hi"',
    "backslash": r"C:\temp\new",
    "newline": "one\ntwo",
    "tab": "one\ttwo",
    "unicode": "größe 東京 🚀",
    "combining": "e\u0301",
    "space": " ",
    "regex": "a.b*c|(d)[e]$^",
    "dollar": "$1 ${name}",
    "comma": "a,b=c",
    "digits": "0042",
    "number": "1e3",
    "long": "x" * 300,
    "backquote": "`tick`",
    "nul": "a\x00b",
    "path": "/api/v1/users/7",
}

DATES = {
    "epoch": 0,
    "before": -1,
    "long_before": -3_155_673_600.0,
    "leap_day": 951_782_400,
    "end_of_leap_day": 951_868_799,
    "no_leap_in_1900": -2_203_977_600,
    "new_year": 1_704_067_200,
    "last_second": 1_735_689_599,
    "fraction": 1_709_251_199.999,
    "sunday": 1_708_819_200,
    "december": 1_733_011_200,
    "week": 604_800,
    "2038": 2_147_483_648,
    "9999": 253_402_300_799,
    "year_20000": 568_971_820_800,
    "minus_half": -0.5,
}


def series() -> Iterator[Series]:
    yield from labels()
    yield from names()
    yield from dates()


def labels() -> Iterator[Series]:
    """`odd_labels{kind,text}`, and one whose labels are named as nobody would."""
    times = ticks(60)
    for i, (kind, text) in enumerate(TEXTS.items()):
        yield make("odd_labels", {"kind": kind, "text": text}, times, np.arange(len(times)) + 100.0 * i)
    peculiar = {"_": "1", "__hidden": "2", "Upper": "3", "by": "4", "on": "5", "offset": "6", "a1_b2": "7", "sum": "8"}
    yield make("named", peculiar, times, np.arange(len(times)) + 0.5)
    yield make("named", {**peculiar, "by": "9"}, times, np.arange(len(times)) + 0.25)


def names() -> Iterator[Series]:
    """Metrics called by words of the language, with colons, in upper case."""
    times = ticks(30)
    for i, name in enumerate(
        ("job:rate:sum5m", ":lead", "UPPER", "sum_", "_under", "by", "offset", "nan", "inf_", "time")
    ):
        yield make(name, {"n": str(i)}, times, np.arange(len(times)) * 1.5 + i)


def dates() -> Iterator[Series]:
    """`event_time_seconds`: moments since 1970; `moving` goes a day with each tick."""
    times = ticks(60)
    for event, value in DATES.items():
        yield make("event_time_seconds", {"event": event}, times, np.full(len(times), float(value)))
    yield make("event_time_seconds", {"event": "moving"}, times, 1.7e9 + 86_400.0 * np.arange(len(times)))
