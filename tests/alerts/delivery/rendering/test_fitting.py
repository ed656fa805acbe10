"""Messages made small enough, the most important kept longest."""

from dataclasses import asdict

import orjson
import pytest

from alerts.delivery.messages import AlertView
from alerts.delivery.rendering.fitting import fitted
from tests.alerts.delivery.messages import message


def storm(alerts: int, size: int) -> tuple[AlertView, ...]:
    return tuple(AlertView("firing", {"alertname": str(n)}, {"log": "x" * size}) for n in range(alerts))


def test_what_fits_is_left_alone() -> None:
    told = message()
    assert fitted(told, 20_000, asdict) == orjson.dumps(asdict(told))


def test_values_are_cut_before_alerts_are_left_out() -> None:
    said = orjson.loads(fitted(message(alerts=storm(10, 50_000)), 20_000, asdict))
    assert len(said["alerts"]) == 10
    assert "more characters)" in said["alerts"][0]["annotations"]["log"]


def test_alerts_that_are_left_out_are_counted() -> None:
    said = orjson.loads(fitted(message(alerts=storm(1_000, 500), truncated_alerts=5), 20_000, asdict))
    assert len(said["alerts"]) + said["truncated_alerts"] == 1_005


def test_labels_that_are_left_out_are_counted() -> None:
    alert = AlertView("firing", {f"l{n}": "x" * 20 for n in range(5_000)})
    said = orjson.loads(fitted(message(alerts=(alert,)), 20_000, asdict))
    assert "more labels)" in said["alerts"][0]["labels"]["…"]


def test_what_cannot_be_made_smaller_is_said() -> None:
    with pytest.raises(ValueError, match="even the shortest form"):
        fitted(message(), 100, asdict)
