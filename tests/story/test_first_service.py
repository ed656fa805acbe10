"""The first thing a newcomer does: log in, add a service, see it green, stop it, see it red, read why."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import CHROMIUM, no_chromium
from tests.opsportal.stack.portal import Portal
from tests.story.estate import first_password
from tests.story.target import Target

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack"), no_chromium]
PATIENCE_MS = 10_000  # on a busy machine; `make bench-live` holds the figure to 1 s


@pytest.fixture
def browser(portal: Portal) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def overview(browser: Browser, portal: Portal) -> Page:
    """The overview after the first log-in. No test loads it again."""
    url = f"http://127.0.0.1:{portal.port}"
    page = browser.new_context(base_url=url, viewport={"width": 1366, "height": 768}).new_page()
    page.goto("/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(first_password(portal))
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{url}/")
    return page


def add_by_url(admin: Page, name: str, url: str) -> None:
    admin.goto("/admin/checks/service/")
    admin.get_by_role("link", name="Add service by URL").click()
    admin.locator("[name=name]").fill(name)
    admin.locator("[name=url]").fill(url)
    admin.get_by_role("button", name="Add service").click()
    admin.get_by_text(f"{name} is being watched now.").wait_for()


def watch_every_second(admin: Page, name: str) -> None:
    admin.goto(f"/admin/checks/check/?q={name}")
    admin.get_by_role("link", name="Page", exact=True).click()
    admin.locator("[name=interval_s]").fill("1")
    admin.locator("[name=failures_before_down]").fill("1")
    admin.get_by_role("button", name="Save", exact=True).click()
    admin.get_by_text("was changed successfully").wait_for()


def test_a_service_added_in_the_admin_is_seen_green_then_red_with_its_evidence(overview: Page, target: Target) -> None:
    admin = overview.context.new_page()
    add_by_url(admin, "Shop", target.url)
    watch_every_second(admin, "Shop")
    row = overview.locator("tr[data-key]").filter(has=overview.get_by_role("link", name="Shop"))
    expect(row).to_have_attribute("data-status", "up", timeout=PATIENCE_MS)
    target.shut()
    shut_at = time.monotonic()
    expect(row).to_have_attribute("data-status", "down", timeout=PATIENCE_MS)
    print(f"red {time.monotonic() - shut_at:.2f} s after the target was shut")  # noqa: T201 - a figure for who looks (-s)
    expect(row).to_contain_text("refused")
    overview.get_by_role("link", name="Shop").click()
    change = (
        overview.get_by_role("row")
        .filter(has=overview.get_by_role("cell", name="Page", exact=True))
        .filter(has_text="Down")
    )
    change.get_by_role("link").click()
    expect(overview.locator(".evidence")).to_contain_text('"kind": "http"')
