from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from security.access.models import User
from tests.people import PASSWORD

WRONG = "This username and password do not belong together."
TOO_MANY = "Too many tries."


@pytest.fixture(autouse=True)
def _no_tries_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def log_in(client: Client, username: str, password: str, address: str = "10.0.0.1", **query: str) -> tuple[int, str]:
    data = {"username": username, "password": password} | query
    response = client.post("/login/", data, REMOTE_ADDR=address)
    return response.status_code, response.content.decode() or response.get("Location", "")


def test_the_right_password_leads_to_where_one_wanted_to_go(client: Client, vera: User) -> None:
    assert log_in(client, "vera", PASSWORD, next="/feed/") == (302, "/feed/")


def test_one_is_not_led_to_another_site(client: Client, vera: User) -> None:
    assert log_in(client, "vera", PASSWORD, next="https://evil.example/") == (302, "/")


@pytest.mark.parametrize("username", ["vera", "nobody"])
def test_a_wrong_password_and_an_unknown_account_look_the_same(client: Client, vera: User, username: str) -> None:
    status, page = log_in(client, username, "wrong")
    assert status == 200
    assert WRONG in page


def test_a_closed_account_looks_like_a_wrong_password(client: Client, vera: User) -> None:
    User.objects.filter(pk=vera.pk).update(is_active=False)
    assert WRONG in log_in(client, "vera", PASSWORD)[1]


@pytest.mark.parametrize("username", ["vera", "nobody"])
def test_too_many_tries_have_to_wait_even_with_the_right_password(
    client: Client, vera: User, settings: Settings, username: str
) -> None:
    settings.LOGIN_TRIES = 2
    for _ in range(2):
        log_in(client, username, "wrong")
    status, page = log_in(client, username.upper(), PASSWORD)
    assert status == 429
    assert TOO_MANY in page


def test_the_same_account_from_elsewhere_need_not_wait(client: Client, vera: User, settings: Settings) -> None:
    settings.LOGIN_TRIES = 1
    log_in(client, "vera", "wrong")
    assert log_in(client, "vera", PASSWORD, address="10.0.0.2")[0] == 302


def test_an_address_that_tries_every_account_has_to_wait(client: Client, vera: User, settings: Settings) -> None:
    settings.LOGIN_TRIES = 1
    for number in range(20):
        log_in(client, f"guess{number}", "wrong")
    assert log_in(client, "vera", PASSWORD)[0] == 429


def test_the_right_password_starts_the_count_anew(client: Client, vera: User, settings: Settings) -> None:
    settings.LOGIN_TRIES = 2
    log_in(client, "vera", "wrong")
    log_in(client, "vera", PASSWORD)
    client.logout()
    log_in(client, "vera", "wrong")
    assert log_in(client, "vera", PASSWORD)[0] == 302


def test_without_valkey_people_can_log_in(
    client: Client, vera: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}}
    assert log_in(client, "vera", PASSWORD)[0] == 302
    assert "not throttled" in caplog.text


def test_a_nul_in_a_name_is_a_fault_of_the_field(client: Client, db: None) -> None:
    status, page = log_in(client, "ve\x00ra", "x")
    assert status == 200
    assert "Null characters are not allowed." in page


def test_a_log_in_has_a_cookie_that_scripts_and_other_sites_cannot_use(client: Client, vera: User) -> None:
    log_in(client, "vera", PASSWORD)
    cookie = client.cookies["opsportal"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("path", ["/", "/password/", "/api/docs/"])
def test_pages_need_a_log_in(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"] == f"/login/?next={path}"


def test_logging_out_needs_a_post(vera_client: Client) -> None:
    assert vera_client.get("/logout/").status_code == 405
    assert vera_client.post("/logout/")["Location"] == "/login/"
    assert vera_client.get("/password/").status_code == 302


def test_a_new_password_ends_the_other_log_ins(vera_client: Client, vera: User) -> None:
    other = Client()
    other.force_login(vera)
    new = "a much better battery staple"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert vera_client.post("/password/", data).status_code == 302
    assert vera_client.get("/password/").status_code == 200
    assert other.get("/password/").status_code == 302


def test_a_weak_password_is_refused_with_the_reason(vera_client: Client) -> None:
    page = vera_client.post("/password/", {"old_password": PASSWORD, "new_password1": "1234", "new_password2": "1234"})
    assert "This password is too short." in page.content.decode()


def test_the_admin_has_no_log_in_of_its_own(client: Client, vera_client: Client, db: None) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/login/?next=%2Fadmin%2F"
    assert vera_client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("field", ["username", "password"])
def test_every_field_has_its_label(client: Client, db: None, field: str) -> None:
    page = client.get("/login/").content.decode()
    assert f'<label for="id_{field}">' in page
    assert f'id="id_{field}"' in page
