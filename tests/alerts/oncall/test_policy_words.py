"""Policies in plain words."""

from typing import Any

from alerts.oncall.escalation import Plan
from alerts.oncall.policy_words import policy_words

PRIMARY = {"kind": "schedule", "slug": "primary", "name": "Primary"}
OPS = {"kind": "team", "slug": "ops", "name": "Ops"}
ROOM = {"kind": "channel", "slug": "room", "name": "Room"}
BLANK = {"id": 1, "wait_s": 300, "targets": [PRIMARY], "round_robin": False, "only_between": None, "least_severity": ""}


def words(*steps: dict[str, Any], repeat: int = 0, acknowledge_timeout_s: int = 1800) -> list[str]:
    stored = {"policy": "P", "repeat": repeat, "acknowledge_timeout_s": acknowledge_timeout_s, "is_default": False}
    return policy_words(Plan.of_json(stored | {"steps": [BLANK | step for step in steps]}))


def test_each_step_says_when_and_whom() -> None:
    lines = words({}, {"targets": [OPS, ROOM, {"kind": "user", "slug": "ada"}]})
    assert lines[0] == "At once: whoever is on call in Primary."
    assert lines[1] == "After 5 min: everybody in team Ops, channel Room and ada."


def test_a_round_robin_says_so() -> None:
    line = words({"targets": [OPS, ROOM], "round_robin": True})[0]
    assert line == "At once: one of everybody in team Ops, channel Room, in turn from incident to incident."


def test_conditions_are_named() -> None:
    between = {"time_zone": "UTC", "weekdays": [0], "start": "09:00", "end": "17:00"}
    line = words({"least_severity": "error", "only_between": between})[0]
    assert "only for what is error or worse and Mon 09:00 to 17:00 UTC (else the next step" in line


def test_the_repeats_and_the_end_are_counted() -> None:
    assert words({}, {"wait_s": 600}, repeat=2)[2] == "Then all of it 2 times more, every 15 min: it ends after 45 min."
    assert "tells nobody further" in words({})[1]


def test_what_an_acknowledgement_does() -> None:
    assert words({})[-1].endswith("if it is not resolved 30 min later, it begins anew with the first step.")
    assert words({}, acknowledge_timeout_s=0)[-1] == "Whoever acknowledges stops it for good."
