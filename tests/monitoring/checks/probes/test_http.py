"""What `http` asks, measures and accepts; its faults are in test_http_faults.py."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.http import HttpForm, HttpProbe
from opsportal.kinds import clean_settings
from tests.fakes.certificates import authority, issued
from tests.fakes.http_peers import answer, answering
from tests.monitoring.checks.probes.trying import probe_of, run

JSON = '{"status": "ok", "queue": {"depth": 7}, "workers": [{"alive": true}, {"alive": true}]}'


async def ask(url: str, **settings: Any) -> Result:
    return await run(probe_of(HttpProbe, url=url, **settings), timeout_s=5, now=datetime.now(UTC))


async def test_a_good_answer_is_up_with_its_times_and_size() -> None:
    async with answering(answer("hello")) as site:
        result = await ask(site.url)
    assert (result.verdict, result.cause) == (Status.UP, Cause.NONE)
    assert result.summary.startswith("HTTP 200 in ")
    assert set(result.values) == {"total_seconds", "connect_seconds", "first_byte_seconds", "status_code", "body_bytes"}
    assert (result.values["status_code"], result.values["body_bytes"]) == (200, 5)


async def test_every_value_given_is_a_declared_one() -> None:
    identity = issued("127.0.0.1")
    async with answering(answer(status="302 Found", location="/b"), answer(), tls=identity.server_context()) as site:
        result = await ask(f"https://127.0.0.1:{site.port}/a", ca_pem=authority().pem)
    assert result.verdict is Status.UP
    assert set(result.values) <= set(HttpProbe.values)
    assert result.values["redirects"] == 1
    assert 89 < result.values["certificate_days_left"] < 91


async def test_method_headers_body_and_auth_are_sent() -> None:
    async with answering(answer()) as site:
        await ask(
            f"{site.url}/orders?x=1",
            method="POST",
            headers="X-Team: web",
            secret_headers={"X-Key": "k1"},
            body="{}",
            auth="bearer",
            token="t1",
        )
    head, _, body = site.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /orders?x=1 HTTP/1.1"
    assert {"X-Team: web", "X-Key: k1", "Authorization: Bearer t1", f"Host: {site.where}"} <= set(lines)
    assert body == b"{}"


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({"body_contains": '"ok"'}, Status.UP),
        ({"body_contains": "fine"}, Status.DOWN),
        ({"body_not_contains": "error"}, Status.UP),
        ({"body_not_contains": "queue"}, Status.DOWN),
        ({"body_regex": r'"depth": \d+'}, Status.UP),
        ({"body_regex": r"depth: \d{3}"}, Status.DOWN),
        ({"json_path": "$.status"}, Status.UP),
        ({"json_path": "$.missing"}, Status.DOWN),
        ({"json_path": "$.status", "json_comparison": "eq", "json_value": "ok"}, Status.UP),
        ({"json_path": "$.queue.depth", "json_comparison": "lt", "json_value": "7"}, Status.DOWN),
        ({"json_path": "$.workers[*].alive", "json_comparison": "eq", "json_value": "true"}, Status.UP),
        ({"json_path": "$.status", "json_comparison": "gt", "json_value": "7"}, Status.DOWN),
    ],
)
async def test_demands_on_the_body(settings: dict[str, str], verdict: Status) -> None:
    async with answering(answer(JSON)) as site:
        assert (await ask(site.url, **settings)).verdict is verdict


async def test_a_json_complaint_says_what_was_found() -> None:
    async with answering(answer(JSON)) as site:
        result = await ask(site.url, json_path="$.queue.depth", json_comparison="lt", json_value="5")
    assert result.summary.startswith("Status 200, but $.queue.depth is 7, expected below 5 after ")


async def test_an_expected_401_is_up() -> None:
    async with answering(answer(status="401 Unauthorized")) as site:
        assert (await ask(site.url, expected_status="401")).verdict is Status.UP


async def test_a_redirect_is_the_answer_when_following_is_off() -> None:
    async with answering(answer(status="301 Moved Permanently", location="http://127.0.0.1:1/")) as site:
        assert (await ask(site.url, follow_redirects=False, expected_status="301")).verdict is Status.UP


async def test_an_invalid_certificate_is_accepted_when_told_so() -> None:
    async with answering(answer(), tls=issued("other.example", days_left=-1).server_context()) as site:
        result = await ask(f"https://127.0.0.1:{site.port}/", verify_tls=False)
    assert result.verdict is Status.UP
    assert result.values["certificate_days_left"] < 0


async def test_evidence_holds_no_secret_that_the_site_echoes() -> None:
    body = '{"you_sent": "hunter2!", "access_token": "abc123"} Bearer zzzzzzzz'
    async with answering(answer(body, status="500 Oops", set_cookie="sid=9", server="x")) as site:
        result = await ask(site.url, secret_headers={"X-Key": "hunter2!"})
    assert result.evidence["body"] == '{"you_sent": "***", "access_token":"***"} Bearer ***'.replace(
        ':"***"}', ': "***"}'
    )
    assert result.evidence["headers"] == {"content-length": str(len(body)), "server": "x"}


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ({"url": "ftp://x/"}, "url", "must begin with http:// or https://"),
        ({"url": "http://u:p@x/"}, "url", "not in the URL"),
        ({"expected_status": "2xx"}, "expected_status", "write them as 200-299,301"),
        ({"body_regex": "("}, "body_regex", "Not a regular expression"),
        ({"json_path": "$["}, "json_path", "Not a JSONPath"),
        ({"headers": "Bad Header: x"}, "headers", "is not a header"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "headers", "is not a header"),
        ({"auth": "basic"}, "username", "needs a user name"),
        ({"ca_pem": "nonsense"}, "ca_pem", "PEM"),
        ({"json_path": "$.a", "json_comparison": "eq"}, "json_value", "needs a value"),
    ],
)
def test_a_wrong_setting_is_named_with_its_fix(settings: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(forms.ValidationError) as refusal:
        clean_settings(HttpForm, {"url": "http://x/"} | settings)
    assert words in str(refusal.value.message_dict[field])
