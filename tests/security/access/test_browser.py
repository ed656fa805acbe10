"""A real Chromium keeps the browser's rules: it reports whatever a policy stops."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from security.access.models import User
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADMIN_PAGES = ("", "access/user/", "access/user/add/", "access/apitoken/add/", "auth/group/", "checks/check/")


@pytest.fixture
def page(ada: User, live_server: LiveServer) -> Iterator[Page]:
    """Made after the people: Playwright keeps an event loop in this thread, which Django takes for asynchronous code."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
        yield browser.new_page()
        browser.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def log_in(page: Page, server: LiveServer, target: str) -> None:
    page.goto(f"{server.url}/login/?next={target}")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{server.url}{target}")


def test_the_admin_works_under_its_policy(
    page: Page, complaints: list[str], live_server: LiveServer, ada: User
) -> None:
    log_in(page, live_server, "/admin/")
    for address in ADMIN_PAGES:
        page.goto(f"{live_server.url}/admin/{address}", wait_until="networkidle")
    assert complaints == []


def test_a_form_of_the_admin_finds_people(
    page: Page, complaints: list[str], live_server: LiveServer, ada: User
) -> None:
    log_in(page, live_server, "/admin/access/apitoken/add/")
    page.locator(".select2-selection").first.click()
    page.get_by_role("option", name="ada").click()
    page.fill("#id_name", "laptop")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Copy the token now").wait_for()
    assert complaints == []


def test_the_api_can_be_tried_in_its_docs(
    page: Page, complaints: list[str], live_server: LiveServer, ada: User
) -> None:
    log_in(page, live_server, "/api/docs/")
    page.get_by_placeholder("Filter by tag").fill("me")  # what is far down is drawn only when it is scrolled to
    page.locator("#operations-me-me_retrieve .opblock-summary").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table").get_by_text('"ada"').first.wait_for()
    assert complaints == []
