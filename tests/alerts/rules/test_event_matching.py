"""Conditions on events."""

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.rules.event_matching import Happened, condition, field_of, labels_by, matcher_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def event(**fields: Any) -> Happened:
    whole = {
        "kind": "check.status",
        "severity": "error",
        "subject": "check:shop/home",
        "summary": "Down.",
        "payload": {},
    }
    return Happened(id=1, time=NOW, **(whole | fields))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('kind="check.status"', True),
        ('severity!="error"', False),
        ('subject=~"check:shop/.*"', True),
        ('subject=~"shop"', False),
        ('subject!~"service:.*"', True),
        ('service="shop"', True),
        ('payload.user.name="ada"', True),
        ("payload.user.name=ada", True),
        ('payload.user.none=""', True),
        ('payload.count="3"', True),
        ('payload.ok="true"', True),
        ('payload.tags=~".*\\"x\\".*"', True),
        ('summary=~"(?i)down.*"', True),
    ],
)
def test_a_condition_holds(text: str, holds: bool) -> None:
    payload = {"user": {"name": "ada"}, "count": 3, "ok": True, "tags": ["x", "y"]}
    assert condition(text).holds(event(payload=payload)) is holds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("subject", "write a field"),
        ('nosuch="x"', "is not a field of events"),
        ('payload="x"', "is not a field of events"),
        ('subject=~"("', "missing closing"),
        ('subject="\\q"', "unknown escape"),
        ("", "write a field"),
    ],
)
def test_a_wrong_condition_says_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        condition(text)


def test_a_kind_takes_what_is_below_it() -> None:
    matcher = matcher_of({"kinds": ["check"]})
    assert matcher.takes(event())
    assert not matcher.takes(event(kind="checks.status"))


def test_long_values_are_cut() -> None:
    assert len(field_of(event(payload={"text": "x" * 5_000}), "payload.text")) == 200


def test_labels_are_named_after_the_last_part_of_their_field() -> None:
    found = labels_by(
        event(payload={"user": {"full-name": "Ada"}}), ["subject", "payload.user.full-name", "payload.none"]
    )
    assert found == (("full_name", "Ada"), ("subject", "check:shop/home"))
