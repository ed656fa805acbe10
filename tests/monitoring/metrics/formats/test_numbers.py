import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.formats.numbers import api_float, go_float, openmetrics_float, plain_float

# What Go 1.19 prints for strconv.FormatFloat(value, 'g', -1, 64).
GO = {
    0.0: "0",
    1.0: "1",
    -12.5: "-12.5",
    999999.0: "999999",
    999999.9999999999: "999999.9999999999",
    1e6: "1e+06",
    -1234567.0: "-1.234567e+06",
    12345678.5: "1.23456785e+07",
    1.7e9: "1.7e+09",
    9007199254740993.0: "9.007199254740992e+15",
    1e16: "1e+16",
    1.5e21: "1.5e+21",
    1e100: "1e+100",
    1.7976931348623157e308: "1.7976931348623157e+308",
    0.0001: "0.0001",
    0.00001: "1e-05",
    5e-324: "5e-324",
    math.inf: "+Inf",
    -math.inf: "-Inf",
}


@pytest.mark.parametrize(("value", "text"), GO.items())
def test_floats_are_written_as_go_writes_them(value: float, text: str) -> None:
    assert go_float(value) == text


def test_zero_keeps_its_sign() -> None:
    assert (go_float(-0.0), plain_float(-0.0), api_float(-0.0)) == ("-0", "-0", "-0")


def test_a_nan_of_any_bits_is_written_without_its_bits() -> None:
    stale = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
    assert {go_float(math.nan), go_float(stale), api_float(stale), plain_float(-math.nan)} == {"NaN"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e6, "1000000"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1e-6, "0.000001"), (1e-7, "1e-07"), (0, "0")],
)
def test_the_api_turns_to_exponents_late(value: float, text: str) -> None:
    assert api_float(value) == text


@pytest.mark.parametrize(("value", "text"), [(1.5e22, "15000000000000000000000"), (2.5e-9, "0.0000000025"), (3.0, "3")])
def test_plain_floats_have_no_exponent(value: float, text: str) -> None:
    assert plain_float(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1.0"), (-3.0, "-3.0"), (0.5, "0.5"), (1e7, "1e+07"), (math.inf, "+Inf")]
)
def test_bounds_of_openmetrics_are_floats(value: float, text: str) -> None:
    assert openmetrics_float(value) == text


def test_numbers_of_other_kinds_are_written_alike() -> None:
    assert [form(kind(3)) for form in (go_float, plain_float, api_float) for kind in (int, np.float64)] == ["3"] * 6


@given(st.floats(allow_nan=False))
def test_every_form_reads_back_as_the_same_number(value: float) -> None:
    for form in (go_float, openmetrics_float, plain_float, api_float):
        assert math.copysign(1, float(form(value))) == math.copysign(1, value)
        assert float(form(value)) == value
