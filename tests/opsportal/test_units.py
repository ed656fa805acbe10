from datetime import timedelta

import pytest

from opsportal import units


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0004, "s", "0.4 ms"),
        (0.0123, "s", "12.3 ms"),
        (1.5, "s", "1.5 s"),
        (125, "s", "2 min 5 s"),
        (327_155_712, "B", "312 MiB"),
        (1_900_000, "B/s", "1.81 MiB/s"),
        (0.423, "ratio", "42.3 %"),
        (12_300, "", "12.3 k"),
        (61, "d", "61 d"),
        (1, "bool", "yes"),
        (None, "s", "—"),
    ],
)
def test_numbers_get_a_fitting_prefix(value: float | None, unit: str, words: str) -> None:
    assert units.humanise(value, unit) == words


def test_an_age_has_its_two_largest_parts() -> None:
    assert units.age(timedelta(days=4, hours=2, minutes=9)) == "4 d 2 h"


def test_an_uptime_is_never_rounded_up_to_all() -> None:
    assert units.percent(0.9999999) == "99.999 %"
    assert units.percent(1) == "100 %"
    assert units.percent(None) == "—"
