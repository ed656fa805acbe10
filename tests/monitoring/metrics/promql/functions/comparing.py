"""Whether what came out is what should have."""

import math

from monitoring.metrics.promql.vectors import Vector

RELATIVE = 1e-9


def close(found: float | None, expected: float | None) -> bool:
    """The same to nine digits, or both nothing, or both NaN."""
    if found is None or expected is None:
        return found is expected
    if math.isnan(found) or math.isnan(expected):
        return math.isnan(found) and math.isnan(expected)
    return found == expected or abs(found - expected) <= RELATIVE * abs(expected)


def assert_rows(found: Vector, expected: list[list[float | None]]) -> None:
    """Values and presence (n, T) are as expected."""
    table = zip(found.values.tolist(), found.present.tolist(), expected, strict=True)
    for row, (values, present, wanted_row) in enumerate(table):
        for step, (value, there, wanted) in enumerate(zip(values, present, wanted_row, strict=True)):
            got = value if there else None
            assert close(got, wanted), f"row {row}, step {step}: {got!r}, expected {wanted!r}"
