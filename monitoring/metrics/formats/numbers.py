"""Numbers as Go writes them (strconv.FormatFloat), which is how Prometheus shows them everywhere. Pure.

All write the fewest digits that read back as the same float64; they differ in when they turn to exponents.
"""

from decimal import Decimal
from math import inf

__all__ = ["api_float", "go_float", "openmetrics_float", "plain_float"]

GO_EXPONENT_FROM = 1e6
API_EXPONENT_FROM = 1e21
API_EXPONENT_BELOW = 1e-6


def go_float(value: float) -> str:
    """As `'g', -1`: exponents from 1e+06 on and below 0.0001. What exposition text and label values (`le`) hold."""
    if not -inf < value < inf:
        return _not_finite(value)
    text = repr(float(value))
    if -GO_EXPONENT_FROM < value < GO_EXPONENT_FROM:
        return text.removesuffix(".0")
    return text if "e" in text else _with_exponent(text)


def openmetrics_float(value: float) -> str:
    """As `go_float`, with `.0` after an integer: the canonical form of `le` and `quantile` in OpenMetrics."""
    text = go_float(value)
    return f"{text}.0" if text.lstrip("-").isdigit() else text


def plain_float(value: float) -> str:
    """As `'f', -1`: never an exponent. Scalars of the HTTP API, and the text of PromQL expressions."""
    if not -inf < value < inf:
        return _not_finite(value)
    text = repr(float(value))
    return format(Decimal(text), "f") if "e" in text else text.removesuffix(".0")


def api_float(value: float) -> str:
    """Samples of the HTTP API: plain from 1e-6 up to 1e21, beyond that with an exponent of two digits or more."""
    if value == 0 or not -inf < value < inf or API_EXPONENT_BELOW <= abs(value) < API_EXPONENT_FROM:
        return plain_float(value)
    return repr(float(value))


def _not_finite(value: float) -> str:
    if value != value:
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def _with_exponent(text: str) -> str:
    """A number of 1e6 or more in Python's positional form (`-12345678.5`) in Go's exponent form (`-1.23456785e+07`)."""
    sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
    whole, _, fraction = text.partition(".")
    digits = (whole + fraction).rstrip("0")
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{sign}{mantissa}e+{len(whole) - 1:02d}"
