"""A real Chromium before a real daphne: fixtures for tests marked `browser`. Import them into the test module.

Playwright keeps an event loop in the test's thread, which Django takes for asynchronous code: make rows before the page, or `apart`.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from tests.opsportal.live.daphne import Daphne

T = TypeVar("T")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
no_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH")


@pytest.fixture(scope="module")
def portal(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daphne]:
    """The web process over the tests' database: one for the module, because it takes longer to start than a test to run."""
    server = Daphne(tmp_path_factory.mktemp("web"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def browser(transactional_db: None, portal: Daphne, ada_client: Client) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def page(quiet_page: Page) -> Iterator[Page]:
    """Ada's tab. Whatever the page or its policy complains of fails the test."""
    complaints: list[str] = []
    quiet_page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    quiet_page.on("pageerror", lambda error: complaints.append(str(error)))
    quiet_page.reload()
    yield quiet_page
    quiet_page.close()
    assert complaints == []


@pytest.fixture
def quiet_page(browser: Browser, portal: Daphne, ada_client: Client) -> Iterator[Page]:
    """Ada's tab, logged in, for tests in which the browser has reason to complain."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=portal.url)
    session = ada_client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": portal.url}])
    tab = context.new_page()
    tab.goto("/")
    yield tab
    context.close()


def apart(work: Callable[[], T]) -> T:
    """Run `work` with the database, outside of the thread that Playwright's loop lives in."""

    def bounded() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(bounded).result(timeout=30)
