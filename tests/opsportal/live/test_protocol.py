"""What a browser may say."""

import pytest

from opsportal.live import protocol
from opsportal.live.protocol import Ack, Ask, Malformed


def test_a_subscription_is_read() -> None:
    assert protocol.parse('{"subscribe": ["services", "service:7"]}') == Ask("subscribe", ("services", "service:7"))


def test_an_acknowledgement_is_read() -> None:
    assert protocol.parse('{"ack": 12}') == Ack(12)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "text frames"),
        ("nonsense", "not JSON"),
        ("[]", "exactly one of the keys"),
        ('{"subscribe": [], "ack": 1}', "exactly one of the keys"),
        ('{"shout": []}', "exactly one of the keys"),
        ('{"subscribe": "services"}', "list of at most 20"),
        ('{"subscribe": [1]}', "list of at most 20"),
        ('{"ack": -1}', "number of frames"),
        ('{"ack": true}', "number of frames"),
        ('{"subscribe": ["' + "a" * 5000 + '"]}', "at most 4096 characters"),
    ],
)
def test_a_malformed_message_is_told_what_is_wrong_with_it(text: str | None, complaint: str) -> None:
    with pytest.raises(Malformed, match=complaint):
        protocol.parse(text)
