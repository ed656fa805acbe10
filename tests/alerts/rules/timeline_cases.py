"""Rules over time, evaluated every minute: the values of a series, for and keep_firing_for. What fires when in Prometheus is recorded."""

import re
from typing import Any

from tests.alerts.rules.promtool import verdicts

MINUTES = 24
VALUES = {
    "steady": "1x24",
    "once": "0 0 1 0x21",
    "late": "0x5 1x18",
    "comes and goes": "0 1 1 0 1 1 1 0 0 1 0 1 1 1 1 0 0 0 1 1 0 0 0 0 0",
    "every other": "0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0",
    "long gap": "1 1 1 1 1 0 0 0 0 0 0 0 1 1 1 1 1 1 0 0 0 0 0 0 0",
    "vanishes": "1 1 1 1 1 1 stale _x18",
    "vanishes and is back": "1 1 1 1 stale _ _ _ 1 1 1 1 1 1 stale _x10",
    "not a number": "NaN NaN 1 1 1 NaN NaN 1 1 0x16",
}
TIMES = [(0, 0), (1, 0), (3, 0), (0, 1), (0, 2), (2, 3), (5, 5)]  # minutes: for, keep_firing_for


def cases() -> list[tuple[str, str, int, int]]:
    """Name of the alert, the kind of values, for and keep_firing_for in minutes."""
    return [
        (f"A{place}for{for_}keep{keep}", name, for_, keep) for place, name in enumerate(VALUES) for for_, keep in TIMES
    ]


def expanded_values(text: str) -> list[float | None]:
    """The values by minute; None: no sample (a stale one, or none)."""
    found: list[float | None] = []
    for word in text.split():
        value, _, times = word.partition("x")
        count = int(times) if times and value == "_" else int(times) + 1 if times else 1
        found += [None if value in ("_", "stale") else float(value)] * count
    return found


def told_by_promtool() -> dict[str, list[int]]:
    """The minutes at which each alert fires."""
    series = [{"series": f'm{{n="{place}"}}', "values": text} for place, text in enumerate(VALUES.values())]
    rules: list[dict[str, Any]] = []
    for name, values, for_, keep in cases():
        rule: dict[str, Any] = {"alert": name, "expr": f'm{{n="{list(VALUES).index(values)}"}} == 1'}
        rules.append(rule | ({"for": f"{for_}m"} if for_ else {}) | ({"keep_firing_for": f"{keep}m"} if keep else {}))
    asked = [
        {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": []}
        for minute in range(MINUTES)
        for name, *_ in cases()
    ]
    tests = [{"interval": "1m", "input_series": series, "alert_rule_test": asked}]
    found = verdicts({"groups": [{"name": "g", "rules": rules}]}, tests)
    fires: dict[str, list[int]] = {name: [] for name, *_ in cases()}
    for name, time in found:
        fires[name].append(_minutes(time))
    return {name: sorted(minutes) for name, minutes in fires.items()}


def _minutes(time: str) -> int:
    """0s, 5m, 1h5m…"""
    minutes = 0
    for number, unit in re.findall(r"(\d+)([hms])", time):
        minutes += int(number) * {"h": 60, "m": 1, "s": 0}[unit]
    return minutes
