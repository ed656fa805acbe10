"""What the answer of a receiver means, whatever the kind."""

import pytest
from aiohttp import web
from multidict import CIMultiDict

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.fields import place_of, url_secrets
from alerts.delivery.kinds.posting import ask, json_request, judged, retry_after_s
from opsportal.http import Response
from opsportal.http.messages import Timings
from tests.alerts.delivery.messages import NOW
from tests.fakes.serving import serving


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        (None, None),
        ("", None),
        ("30", 30.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("Tue, 24 Nov 2026 18:00:10 GMT", 10.0),
        ("Tue, 24 Nov 2026 17:00:00 GMT", 0.0),
        ("99999999", 86_400.0),
        ("inf", 86_400.0),
        ("nan", None),
        ("soon", None),
        ("Tue, 24 Nov 2026 18:00:10", None),
    ],
)
def test_retry_after_is_read(header: str | None, wait_s: float | None) -> None:
    assert retry_after_s(header, NOW) == wait_s


def answered(status: int, body: bytes = b"", **headers: str) -> Response:
    return Response(status, CIMultiDict(headers), body, False, Timings(0, 0, 0, 0, 0), [], None, "")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(status: int) -> None:
    assert judged(answered(status), NOW).outcome == Outcome.DELIVERED


@pytest.mark.parametrize("status", [408, 421, 425, 429, 500, 502, 503, 504, 507, 529])
def test_what_may_work_later_is_tried_again_and_held_against_the_endpoint(status: int) -> None:
    sent = judged(answered(status), NOW)
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.RETRY, True)


@pytest.mark.parametrize("status", [300, 301, 307, 400, 401, 403, 404, 405, 410, 413, 422, 451])
def test_what_will_not_work_later_is_refused_for_good(status: int) -> None:
    sent = judged(answered(status), NOW)
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.PERMANENT, False)


def test_an_answer_is_cut_and_without_secrets() -> None:
    sent = judged(answered(400, b"token s3cr3t-token \x00" + b"x" * 9_000), NOW, ["s3cr3t-token"])
    assert len(sent.answer) == 2_000
    assert "s3cr3t" not in sent.answer
    assert "\x00" not in sent.answer


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect("/other")

    application = web.Application()
    application.router.add_post("/{path:.*}", elsewhere)
    async with serving(application) as url:
        answer = await ask(json_request(f"{url}/hook", {}), 5)
    assert asked == ["/hook"]
    assert isinstance(answer, Response)
    assert judged(answer, NOW).answer.startswith("It redirects, which is not followed.")


def test_a_secret_url_has_secrets_in_its_path_and_query() -> None:
    url = "https://hooks.example:8443/services/T0/abcdefghij?sig=xyz12345"
    assert place_of(url) == "hooks.example:8443"
    assert place_of(url, 2) == "hooks.example:8443/services/T0"
    assert {"abcdefghij", "sig=xyz12345"} <= set(url_secrets(url))
