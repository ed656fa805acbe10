"""Names, argument types and results of the functions, as Prometheus's parser knows them (promql/parser/functions.go). Pure."""

from typing import NamedTuple

from monitoring.metrics.promql.ast import ValueType


class Signature(NamedTuple):
    """`variadic` 0: exactly `args`; n: up to n more than all but the last; -1: any number."""

    args: tuple[ValueType, ...]
    variadic: int = 0
    returns: ValueType = "vector"


def _each(names: str, signature: Signature) -> dict[str, Signature]:
    return dict.fromkeys(names.split(), signature)


SIGNATURES: dict[str, Signature] = (
    _each(
        "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sort"
        " sort_desc sqrt tan tanh timestamp",
        Signature(("vector",)),
    )
    | _each(
        "absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time"
        " first_over_time mad_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time"
        " stdvar_over_time sum_over_time ts_of_first_over_time ts_of_last_over_time",
        Signature(("matrix",)),
    )
    | _each("days_in_month day_of_month day_of_week day_of_year hour minute month year", Signature(("vector",), 1))
    | _each("time pi", Signature((), 0, "scalar"))
    | _each("holt_winters double_exponential_smoothing", Signature(("matrix", "scalar", "scalar")))
    | _each("sort_by_label sort_by_label_desc", Signature(("vector", "string"), -1))
    | {
        "clamp": Signature(("vector", "scalar", "scalar")),
        "clamp_max": Signature(("vector", "scalar")),
        "clamp_min": Signature(("vector", "scalar")),
        "histogram_quantile": Signature(("scalar", "vector")),
        "label_join": Signature(("vector", "string", "string", "string"), -1),
        "label_replace": Signature(("vector", "string", "string", "string", "string")),
        "predict_linear": Signature(("matrix", "scalar")),
        "quantile_over_time": Signature(("scalar", "matrix")),
        "round": Signature(("vector", "scalar"), 1),
        "scalar": Signature(("vector",), 0, "scalar"),
        "vector": Signature(("scalar",)),
    }
)

NATIVE_ONLY = frozenset(
    (
        "histogram_avg",
        "histogram_count",
        "histogram_fraction",
        "histogram_quantiles",
        "histogram_stddev",
        "histogram_stdvar",
        "histogram_sum",
        "info",
    )
)
"""Known to Prometheus, refused here: they need native histograms, or (info) joins of its own."""
