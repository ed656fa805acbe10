"""What can be written in PromQL, with a line of help each, for the completion of the query page. Pure."""

from typing import TypedDict

from monitoring.metrics.promql.lexing import AGGREGATORS
from monitoring.metrics.promql.signatures import SIGNATURES, Signature

ARGUMENTS = {"vector": "instant", "matrix": "range[…]", "scalar": "number", "string": '"text"'}

FUNCTIONS = {
    "abs": "Each value without its sign.",
    "absent": "1 if there is no such series, nothing if there is one.",
    "absent_over_time": "1 if there was no sample in the whole window.",
    "acos": "Arc cosine, in radians.",
    "acosh": "Inverse hyperbolic cosine.",
    "asin": "Arc sine, in radians.",
    "asinh": "Inverse hyperbolic sine.",
    "atan": "Arc tangent, in radians.",
    "atanh": "Inverse hyperbolic tangent.",
    "avg_over_time": "Mean of the window.",
    "ceil": "Rounded up to a whole number.",
    "changes": "How often the value changed within the window.",
    "clamp": "Values kept between a least and a most.",
    "clamp_max": "Values cut at a most.",
    "clamp_min": "Values raised to a least.",
    "cos": "Cosine of radians.",
    "cosh": "Hyperbolic cosine.",
    "count_over_time": "How many samples are in the window.",
    "day_of_month": "Day of the month (1 to 31, UTC) of times in seconds.",
    "day_of_week": "Day of the week (0 is Sunday, UTC) of times in seconds.",
    "day_of_year": "Day of the year (1 to 366, UTC) of times in seconds.",
    "days_in_month": "Length of the month of times in seconds.",
    "deg": "Degrees of radians.",
    "delta": "Difference between the ends of the window; for gauges.",
    "deriv": "Slope per second by linear regression; for gauges.",
    "double_exponential_smoothing": "Smoothed value, by level and trend factor.",
    "exp": "e to the power of each value.",
    "first_over_time": "Oldest sample of the window.",
    "floor": "Rounded down to a whole number.",
    "histogram_quantile": "Quantile (0 to 1) of the buckets of a histogram, by their label le.",
    "holt_winters": "Older name of double_exponential_smoothing.",
    "hour": "Hour (0 to 23, UTC) of times in seconds.",
    "idelta": "Difference of the last two samples; for gauges.",
    "increase": "Growth of a counter within the window, restarts included.",
    "irate": "Growth per second between the last two samples of a counter.",
    "label_join": "New label out of others, put together with a separator.",
    "label_replace": "New label out of another by a regular expression.",
    "last_over_time": "Newest sample of the window.",
    "ln": "Natural logarithm.",
    "log10": "Decimal logarithm.",
    "log2": "Binary logarithm.",
    "mad_over_time": "Median absolute deviation within the window.",
    "max_over_time": "Largest value of the window.",
    "min_over_time": "Smallest value of the window.",
    "minute": "Minute (0 to 59, UTC) of times in seconds.",
    "month": "Month (1 to 12, UTC) of times in seconds.",
    "pi": "3.14159…",
    "predict_linear": "Value in so many seconds if the trend of the window goes on.",
    "present_over_time": "1 for each series with a sample in the window.",
    "quantile_over_time": "Quantile (0 to 1) of the values of the window.",
    "rad": "Radians of degrees.",
    "rate": "Mean growth per second of a counter within the window, restarts included.",
    "resets": "How often a counter began anew within the window.",
    "round": "Rounded to the nearest whole number, or multiple of the second argument.",
    "scalar": "The value of the only series as a number; NaN if there is not exactly one.",
    "sgn": "-1, 0 or 1 by the sign of each value.",
    "sin": "Sine of radians.",
    "sinh": "Hyperbolic sine.",
    "sort": "Smallest first; in tables.",
    "sort_by_label": "By the values of labels; in tables.",
    "sort_by_label_desc": "By the values of labels, last first; in tables.",
    "sort_desc": "Largest first; in tables.",
    "sqrt": "Square root.",
    "stddev_over_time": "Standard deviation within the window.",
    "stdvar_over_time": "Variance within the window.",
    "sum_over_time": "Sum of the window.",
    "tan": "Tangent of radians.",
    "tanh": "Hyperbolic tangent.",
    "time": "The time of each step, in seconds since 1970.",
    "timestamp": "When each sample was taken, in seconds since 1970.",
    "ts_of_first_over_time": "When the oldest sample of the window was taken.",
    "ts_of_last_over_time": "When the newest sample of the window was taken.",
    "vector": "A number as a series without labels.",
    "year": "Year (UTC) of times in seconds.",
}
# Name → what goes before the vector, and what it does.
AGGREGATIONS = {
    "avg": ("", "Mean over the series of each group."),
    "bottomk": ("k, ", "The k smallest series of each group."),
    "count": ("", "How many series are in each group."),
    "count_values": ('"label", ', "How many series have each value."),
    "group": ("", "1 for each group."),
    "limit_ratio": ("ratio, ", "A share of the series of each group, always the same ones."),
    "limitk": ("k, ", "Any k series of each group."),
    "max": ("", "Largest value of each group."),
    "min": ("", "Smallest value of each group."),
    "quantile": ("φ, ", "Quantile (0 to 1) over the series of each group."),
    "stddev": ("", "Standard deviation over the series of each group."),
    "stdvar": ("", "Variance over the series of each group."),
    "sum": ("", "Sum over the series of each group."),
    "topk": ("k, ", "The k largest series of each group."),
}
KEYWORDS = {
    "and": "Series of the left that are on the right too.",
    "atan2": "Arc tangent of left over right.",
    "bool": "After a comparison: 0 or 1 in place of a filter.",
    "by": "Group by these labels.",
    "group_left": "Many series of the left may match one of the right.",
    "group_right": "Many series of the right may match one of the left.",
    "ignoring": "Match by all labels but these.",
    "offset": "As it was so long before.",
    "on": "Match by these labels only.",
    "or": "Series of the left, and those of the right that are not there.",
    "unless": "Series of the left that are not on the right.",
    "without": "Group by all labels but these.",
}


class Word(TypedDict):
    """One offer of the completion. `kind`: function, aggregation or keyword."""

    text: str
    kind: str
    signature: str
    help: str


def words() -> list[Word]:
    functions = [
        Word(text=name, kind="function", signature=signature_of(name, signature), help=FUNCTIONS.get(name, ""))
        for name, signature in sorted(SIGNATURES.items())
    ]
    aggregations = [
        Word(
            text=name,
            kind="aggregation",
            signature=f"{name} by (…) ({AGGREGATIONS[name][0]}instant)",
            help=AGGREGATIONS[name][1],
        )
        for name in sorted(AGGREGATORS & AGGREGATIONS.keys())
    ]
    keywords = [Word(text=name, kind="keyword", signature="", help=told) for name, told in KEYWORDS.items()]
    return functions + aggregations + keywords


def signature_of(name: str, signature: Signature) -> str:
    """`clamp(instant, number, number)`; what may be left out is in brackets."""
    arguments = [ARGUMENTS[one] for one in signature.args]
    if signature.variadic:
        *needed, last = arguments
        optional = f"[, {last}]" if needed else f"[{last}]"
        more = "…" if signature.variadic < 0 else ""
        return f"{name}({', '.join(needed)}{optional}{more})"
    return f"{name}({', '.join(arguments)})"
