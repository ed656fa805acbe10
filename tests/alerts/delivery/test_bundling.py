"""Several messages as one."""

from alerts.delivery.bundling import MOST_LINES, bundle
from tests.alerts.delivery.outbox_of import message


def test_the_others_are_named_and_counted() -> None:
    whole = bundle(message("A", text="first"), [message("B", number=7), message("C")])
    assert whole.title == "A (+2 more)"
    assert whole.text == "first\n\n2 more alerts:\n- Firing #7: B\n- Firing: C"
    assert whole.facts == {"2 more alerts": "B; C"}


def test_alone_it_stays_as_it_is() -> None:
    assert bundle(message("A"), []) == message("A")


def test_what_fired_and_ended_while_it_was_held_back_is_told_as_ended() -> None:
    whole = bundle(message("A"), [message("B"), message("B over", kind="resolved", subject="incident:B")])
    assert whole.text == "1 more alert:\n- Resolved: B over"


def test_the_end_of_the_first_one_takes_its_place() -> None:
    whole = bundle(message("A"), [message("A over", kind="resolved", subject="incident:A")])
    assert (whole.kind, whole.title) == ("resolved", "A over")
    assert "Before that: A" in whole.text


def test_very_many_are_cut_visibly() -> None:
    whole = bundle(message("A"), [message(f"B{number}") for number in range(MOST_LINES + 20)])
    assert whole.text.endswith("… and 20 more")
    assert whole.title == f"A (+{MOST_LINES + 20} more)"
