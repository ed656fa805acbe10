from io import BytesIO

import pytest
from pytest_django import Settings
from rest_framework.exceptions import ParseError

from opsportal.api.exceptions import TooLarge
from opsportal.api.media import PlainJSONRenderer, StrictJSONParser


def parse(body: bytes) -> object:
    return StrictJSONParser().parse(BytesIO(body))


def test_json_is_read() -> None:
    assert parse(b'{"name": "caf\xc3\xa9"}') == {"name": "café"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'"\xff"',
        b'"\\ud800"',
        b"[" * 100_000,
        b'{"a": [{"b": "x\\u0000"}]}',
        b'{"\\u0000": 1}',
    ],
    ids=["empty", "open", "NaN", "not UTF-8", "half a character", "deep", "NUL", "NUL in a name"],
)
def test_what_cannot_be_read_or_stored_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse(body)


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert parse(b'"\\\\u0000"') == "\\u0000"


def test_a_body_past_the_cap_is_refused(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        parse(b'"0123456789"')


def test_numbers_that_json_cannot_say_are_null() -> None:
    assert PlainJSONRenderer().render({"value": float("nan"), "most": float("inf")}) == b'{"value":null,"most":null}'
