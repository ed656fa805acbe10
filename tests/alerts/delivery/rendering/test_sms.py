"""How text messages are counted and shortened."""

import pytest

from alerts.delivery.rendering.sms import AIM, segments, simpler, sms_text
from tests.alerts.delivery.messages import message


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("д" * 70, 1),
        ("д" * 71, 2),
        ("🔥" * 35, 1),
        ("🔥" * 36, 2),
    ],
)
def test_segments_are_counted_as_they_are_billed(text: str, count: int) -> None:
    assert segments(text) == count


def test_typographic_signs_do_not_halve_what_fits() -> None:
    assert simpler("“It\u2019s down” \u2013 again…") == '"It\'s down" - again...'
    assert simpler("“лежит”") == "“лежит”"


@pytest.mark.parametrize("sign", ["a", "ä", "д", "🔥", "\x00"])
def test_no_text_message_is_longer_than_advised(sign: str) -> None:
    assert len(sms_text(message(text=sign * 5_000), code="1").encode("utf-16-le")) // 2 <= AIM
