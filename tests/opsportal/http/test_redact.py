"""What must never be shown."""

import pytest

from opsportal.http.redact import is_secret_name, scrub, scrub_headers


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("see https://ada:hunter2@shop.example/x", "see https://***@shop.example/x"),
        ("https://x/?token=abc&page=2", "https://x/?token=***&page=2"),
        ("https://x/?a=1&api_key=abc#top", "https://x/?a=1&api_key=***#top"),
        ("Authorization: Bearer abcdef123", "Authorization: ***"),
        ("sent Basic YWRhOmh1bnRlcjI=", "sent Basic ***"),
        ('{"password": "a\\"b", "user": "ada"}', '{"password": "***", "user": "ada"}'),
        ("client_secret=s3cr3t next", "client_secret=*** next"),
        ("the keyboard is fine, no secrets here", "the keyboard is fine, no secrets here"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, clean: str) -> None:
    assert scrub(text).replace("*** ***", "***") == clean


def test_given_secrets_are_masked_as_they_are_and_percent_encoded() -> None:
    assert (
        scrub("/admin/a b+c/queues and /admin/a%20b%2Bc/queues", ["a b+c"]) == "/admin/***/queues and /admin/***/queues"
    )


def test_headers_are_judged_by_their_name() -> None:
    headers = {"Set-Cookie": "sid=1", "X-Api-Key": "k", "Server": "nginx"}
    assert scrub_headers(headers) == {"set-cookie": "***", "x-api-key": "***", "server": "nginx"}


def test_ordinary_names_are_not_secret() -> None:
    assert not any(is_secret_name(name) for name in ("accept", "content-type", "monkey", "location"))
