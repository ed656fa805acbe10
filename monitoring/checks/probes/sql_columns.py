"""From the rows of a query to named values. Pure."""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from monitoring.checks.probes.base import labelled

TAKEN = ("rows", "query_seconds")
LONGEST_LABEL = 100


class TooMuchError(ValueError):
    """More columns or values than a check may make series of."""


def values_of(
    names: Sequence[str], rows: Sequence[Sequence[Any]], *, most_columns: int, most_values: int
) -> dict[str, float]:
    """Values by column name; with text columns, labelled by them. NULL and what is not finite is left out.

    Booleans count as 0 and 1, intervals in seconds; times and other types are neither value nor label. Where two rows carry the same labels
    (several rows without a text column, say) the number of the row labels them, so that none hides another. Raises TooMuchError.
    """
    if len(names) > most_columns:
        raise TooMuchError(f"the query returns {len(names)} columns; {most_columns} are allowed.")
    columns = [column_name(name, index) for index, name in enumerate(names)]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise TooMuchError(f"several columns are called {', '.join(twice)}; give each a name of its own with AS.")
    labels = [_labels(columns, row) for row in rows]
    if len({tuple(one.items()) for one in labels}) < len(rows):
        labels = [one | {"row": str(number)} for number, one in enumerate(labels, 1)]
    values: dict[str, float] = {}
    for row, row_labels in zip(rows, labels, strict=True):
        for name, raw in zip(columns, row, strict=True):
            if (number := _number(raw)) is not None:
                values[labelled(name, **row_labels) if row_labels else name] = number
    if len(values) > most_values:
        raise TooMuchError(f"the query gives {len(values)} values; {most_values} are allowed.")
    return values


def column_name(name: str, index: int) -> str:
    """A name fit for a metric: `Pages processed` is `pages_processed`, `?column?` is `column`, `2xx` is `c_2xx`."""
    fit = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")[:60] or f"column_{index + 1}"
    fit = fit if fit[0].isalpha() else f"c_{fit}"
    return f"{fit}_value" if fit in TAKEN else fit


def _labels(columns: Sequence[str], row: Sequence[Any]) -> dict[str, str]:
    return {name: value[:LONGEST_LABEL] for name, value in zip(columns, row, strict=True) if isinstance(value, str)}


def _number(raw: Any) -> float | None:
    if isinstance(raw, timedelta):
        return raw.total_seconds()
    if isinstance(raw, datetime | date) or not isinstance(raw, bool | int | float | Decimal):
        return None
    try:
        number = float(raw)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None
