"""What a reply by SMS means."""

import pytest

from alerts.delivery.answers.replies import Wish, understood
from alerts.delivery.responses import Verb


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("1a", Wish(Verb.ACKNOWLEDGE, "1")),
        (" 1A ", Wish(Verb.ACKNOWLEDGE, "1")),
        ("'1a'", Wish(Verb.ACKNOWLEDGE, "1")),
        ("12 c", Wish(Verb.RESOLVE, "12")),
        ("1s", Wish(Verb.SNOOZE, "1")),
        ("ack 3", Wish(Verb.ACKNOWLEDGE, "3")),
        ("3 close", Wish(Verb.RESOLVE, "3")),
        ("100aa", Wish(Verb.ACKNOWLEDGE, "100", every=True)),
        ("aa", Wish(Verb.ACKNOWLEDGE, every=True)),
        ("1cc", Wish(Verb.RESOLVE, "1", every=True)),
        ("STOP", Wish(stop=True)),
        ("Start.", Wish(start=True)),
        ("a", None),
        ("1", None),
        ("what is up?", None),
        ("1a 2a", None),
        ("", None),
    ],
)
def test_a_reply_is_understood(text: str, wish: Wish | None) -> None:
    assert understood(text) == wish
