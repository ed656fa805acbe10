"""How one person is told: pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.oncall.personal import Contact, Rule, unreachable, ways
from alerts.oncall.windows import Window

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MAIL = Contact(1, 7, 1, "Mail", "ada@example.org")
SMS = Contact(2, 7, 2, "SMS", "+431234567")
OFF = Contact(3, 7, 2, "Old", "+431", fault="is switched off")
NOON = Window(ZoneInfo("UTC"), time(11), time(13))


def told(
    rules: list[Rule], contacts: list[Contact], urgency: str = "high", quiet: Window | None = None
) -> list[tuple[int, str]]:
    found = ways(rules, contacts, urgency=urgency, quiet=quiet, now=NOW)
    return [(int((way.due_at - NOW).total_seconds()), way.contact.name) for way in found]


def test_rules_by_their_delays() -> None:
    assert told([Rule(2, 300), Rule(1, 0)], [MAIL, SMS]) == [(0, "Mail"), (300, "SMS")]


def test_no_rules_mean_every_usable_contact_at_once() -> None:
    assert told([], [MAIL, SMS, OFF]) == [(0, "Mail"), (0, "SMS")]


def test_rules_that_cannot_be_used_mean_every_usable_contact_at_once() -> None:
    assert told([Rule(3, 0)], [MAIL, OFF]) == [(0, "Mail")]


def test_one_rule_that_cannot_be_used_is_left_out() -> None:
    assert told([Rule(3, 0), Rule(1, 60)], [MAIL, OFF]) == [(60, "Mail")]


def test_quiet_hours_hold_back_what_is_normal() -> None:
    assert told([Rule(1, 0), Rule(2, 300)], [MAIL, SMS], "normal", NOON) == [(3600, "Mail"), (3900, "SMS")]


def test_quiet_hours_let_through_what_is_urgent() -> None:
    assert told([Rule(1, 0)], [MAIL], "high", NOON) == [(0, "Mail")]


def test_the_same_contact_due_twice_at_once_is_one() -> None:
    assert told([Rule(1, 0), Rule(1, 0)], [MAIL]) == [(0, "Mail")]


def test_words_name_the_rule() -> None:
    words = [way.words for way in ways([Rule(1, 0), Rule(2, 300)], [MAIL, SMS], urgency="high", quiet=None, now=NOW)]
    assert words == ["by rule 1: Mail at once", "by rule 2: SMS after 5 min"]


def test_why_somebody_cannot_be_reached() -> None:
    assert unreachable([]) == "has no contact"
    assert unreachable([OFF]) == "no contact can be used: Old is switched off"


@settings(deadline=None)
@given(
    rules=st.lists(st.builds(Rule, st.integers(1, 3), st.integers(0, 86_400)), max_size=8),
    quiet=st.booleans(),
    urgency=st.sampled_from(["high", "normal"]),
)
def test_whoever_has_a_usable_contact_is_told_and_never_twice_at_once(
    rules: list[Rule], quiet: bool, urgency: str
) -> None:
    found = ways(rules, [MAIL, SMS, OFF], urgency=urgency, quiet=NOON if quiet else None, now=NOW)
    assert found
    assert all(way.due_at >= NOW and not way.contact.fault for way in found)
    assert len({(way.contact.id, way.due_at) for way in found}) == len(found)
    assert max(way.due_at for way in found) <= NOW + timedelta(days=2)
