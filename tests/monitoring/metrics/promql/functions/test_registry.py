"""What functions have in common."""

import numpy as np
import pytest

from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.functions.registry import FUNCTIONS, NATIVE_HISTOGRAMS
from monitoring.metrics.promql.vectors import Scalar
from tests.monitoring.metrics.promql.functions.arguments import (
    NAMED,
    called,
    made,
    rows,
    samples,
    scalar,
    vector,
    windows,
)

OF_2_42 = (
    "abs absent absent_over_time acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max clamp_min "
    "cos cosh count_over_time day_of_month day_of_week day_of_year days_in_month deg delta deriv exp floor "
    "histogram_count histogram_fraction histogram_quantile histogram_sum holt_winters hour idelta increase irate "
    "label_join label_replace last_over_time ln log10 log2 max_over_time min_over_time minute month pi predict_linear "
    "present_over_time quantile_over_time rad rate resets round scalar sgn sin sinh sort sort_desc sqrt stddev_over_time "
    "stdvar_over_time sum_over_time tan tanh time timestamp vector year"
)


def test_every_function_of_prometheus_2_42_is_there() -> None:
    assert sorted(set(OF_2_42.split()) - set(FUNCTIONS)) == []


def test_a_function_knows_its_name() -> None:
    assert {name for name, function in FUNCTIONS.items() if function.name != name} == set()


def test_only_what_passes_series_on_keeps_their_names() -> None:
    keeping = {name for name, function in FUNCTIONS.items() if not function.drops_name}
    assert keeping == {
        "first_over_time",
        "label_join",
        "label_replace",
        "last_over_time",
        "sort",
        "sort_by_label",
        "sort_by_label_desc",
        "sort_desc",
    }


@pytest.mark.parametrize("name", ["rate", "avg_over_time", "last_over_time", "resets", "present_over_time"])
def test_a_function_of_windows_drops_the_name_or_says_that_it_does_not(name: str) -> None:
    found = made(name, windows([samples("1 2")], 15_000, [15_000], labels=[NAMED]))
    assert found.labels == [NAMED[1:] if FUNCTIONS[name].drops_name else NAMED]


@pytest.mark.parametrize("name", NATIVE_HISTOGRAMS)
def test_native_histograms_are_refused(name: str) -> None:
    with pytest.raises(PromqlError, match="native histograms, which are not supported") as raised:
        made(name, vector({NAMED: [1]}))
    assert raised.value.kind == "execution"


def test_time_is_that_of_the_steps() -> None:
    found = called("time", times_ms=[0, 1500])
    assert isinstance(found, Scalar)
    assert found.values.tolist() == [0, 1.5]


def test_pi_is_pi_at_every_step() -> None:
    found = called("pi", times_ms=[0, 1])
    assert isinstance(found, Scalar)
    assert found.values == pytest.approx([3.141592653589793] * 2)


def test_a_number_becomes_a_series_without_labels() -> None:
    assert rows(made("vector", scalar(1, 2))) == {(): [1, 2]}


def test_a_timestamp_is_the_samples_own_where_it_is_known() -> None:
    some = vector({NAMED: [5, 5]})
    assert rows(made("timestamp", some, times_ms=[1000, 2000])) == {NAMED[1:]: [1, 2]}
    some.sample_times = np.array([[500, 1250]])
    assert rows(made("timestamp", some, times_ms=[1000, 2000])) == {NAMED[1:]: [0.5, 1.25]}


def test_an_argument_of_the_wrong_type_is_told() -> None:
    with pytest.raises(TypeError, match=r"argument 1 of rate\(\) is Vector, not Windows"):
        made("rate", vector({NAMED: [1]}))
