import logging
import sys

import orjson
import pytest

from opsportal.logs import LineFormatter

SECRETS = ["the portal's own key", "postgresql://portal:p%40ssword@db/portal", "unix:///run/valkey.sock"]


def line(message: str, *values: object, error: BaseException | None = None, json: bool = False) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("opsportal.test", logging.WARNING, __file__, 1, message, values, exc_info)
    record.created = 1_769_860_800.25
    return LineFormatter(SECRETS, json=json).format(record)


def test_a_record_is_one_line_with_time_level_logger_and_message() -> None:
    assert line("%s checks are late", 3) == "2026-01-31T12:00:00.250Z WARNING opsportal.test: 3 checks are late"


def test_a_line_break_cannot_forge_a_second_record() -> None:
    assert "\n" not in line("user %s", "ada\n2026-01-31T12:00:00.000Z INFO all is well\r")


def test_a_traceback_stays_on_the_line() -> None:
    try:
        raise ValueError("no such check")
    except ValueError:
        text = line("it failed", error=sys.exc_info()[1])
    assert "ValueError: no such check" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("message", "secret"),
    [
        ("key is the portal's own key", "the portal's own key"),
        ("could not log in with p@ssword", "p@ssword"),
        ("could not reach postgresql://portal:p%40ssword@db/portal", "p%40ssword"),
        ("GET https://shop:hunter22@shop.example/ failed", "hunter22"),
        ("sent Authorization: Bearer abcdef123456", "abcdef123456"),
        ("token ops_AbCdEf123456_-xyz was refused", "AbCdEf123456"),
        ("Error 1 was shown for /alerts/answers/eyJzIjoi.1a2b:3c-4d_x.", "eyJzIjoi"),
        ("GET /oncall/primary.ics?person=ada&token=ab12cd34 failed", "ab12cd34"),
    ],
)
def test_secrets_are_blotted_out(message: str, secret: str) -> None:
    assert secret not in line(message)
    assert "***" in line(message)


def test_a_secret_in_a_traceback_is_blotted_out() -> None:
    assert "hunter22" not in line("it failed", error=OSError("https://shop:hunter22@shop.example/"))


def test_json_holds_the_same_in_fields() -> None:
    found = orjson.loads(line("it %s", "failed", error=OSError("gone"), json=True))
    assert {name: found[name] for name in ("level", "logger", "message")} == {
        "level": "WARNING",
        "logger": "opsportal.test",
        "message": "it failed",
    }
    assert found["exception"].endswith("OSError: gone")
