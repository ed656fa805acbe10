"""The pages in a real Chromium: live changes, keyboard, theme, no complaint of the policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from monitoring.checks.choices import Status
from monitoring.checks.live_payloads import service_payload
from monitoring.checks.models import Service, ServiceState
from opsportal import live, units
from tests.browser import apart, browser, no_chromium, page, portal, quiet_page  # noqa: F401 - fixtures
from tests.monitoring.dashboards.estate import check, service
from tests.opsportal.live.daphne import Daphne

pytestmark = [pytest.mark.browser, no_chromium]


@pytest.fixture
def shop(transactional_db: None) -> Service:
    made = service("Shop", Status.UP)
    check(made, "Door", kind="http", last_values={"connect_seconds": 0.01}, last_summary="200 OK in 12 ms")
    service("Search", Status.UP)
    return made


def flip(of: Service, status: Status, reason: str) -> None:
    """What the engine does: the row, then the push."""
    state = ServiceState.objects.get(service=of)
    state.status, state.rank, state.reason = status, status.rank, reason
    state.save()
    live.publish("services", {str(of.pk): service_payload(of.pk, of.slug, of.name, status, state.since, reason, None)})


def test_a_service_turns_red_on_the_open_page_and_moves_to_the_top(shop: Service, page: Page) -> None:  # noqa: F811
    expect(page.locator("html")).to_have_attribute("data-connection", "connected")
    apart(lambda: flip(shop, Status.DOWN, "Connection refused by 10.0.0.9:443"))
    row = page.locator(f'[data-key="{shop.pk}"]')
    expect(row.locator(".status")).to_have_text(re.compile("Down"))
    expect(row).to_contain_text("Connection refused by 10.0.0.9:443")
    expect(page.locator("#headline")).to_contain_text("1 down")
    expect(page.locator("tbody tr").first).to_contain_text("Shop")


def test_a_service_added_meanwhile_appears(shop: Service, page: Page) -> None:  # noqa: F811
    expect(page.locator("html")).to_have_attribute("data-connection", "connected")
    apart(lambda: flip(service("Newcomer", Status.UP), Status.DEGRADED, "Slow"))
    expect(page.locator("tbody tr").first).to_contain_text("Newcomer")


def test_a_paused_page_says_so_until_it_goes_on(shop: Service, page: Page) -> None:  # noqa: F811
    expect(page.locator("html")).to_have_attribute("data-connection", "connected")
    page.get_by_role("button", name="Live").click()
    expect(page.locator("#connection")).to_contain_text("paused")
    page.get_by_role("button", name="Paused").click()
    expect(page.locator("#connection")).to_be_hidden()


def test_a_page_whose_server_went_away_says_so_and_catches_up(shop: Service, portal: Daphne, quiet_page: Page) -> None:  # noqa: F811
    expect(quiet_page.locator("html")).to_have_attribute("data-connection", "connected")
    portal.kill()
    expect(quiet_page.locator("#connection")).to_contain_text("Reconnecting", timeout=15_000)
    apart(lambda: flip(shop, Status.DOWN, "Nobody answers"))
    portal.start()
    expect(quiet_page.locator("#connection")).to_be_hidden(timeout=30_000)
    expect(quiet_page.locator("tbody tr").first).to_contain_text("Nobody answers", timeout=15_000)


def test_the_keyboard_reaches_everything(shop: Service, page: Page) -> None:  # noqa: F811
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Shop", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/shop/")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r":\d+/$"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_single_keys_can_be_switched_off(shop: Service, page: Page) -> None:  # noqa: F811
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Single-key shortcuts are on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()


def test_the_chosen_theme_stays(shop: Service, page: Page) -> None:  # noqa: F811
    page.get_by_role("button", name="Switch between light and dark").click()
    chosen = page.locator("html").get_attribute("data-theme")
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == chosen == "dark"


@pytest.mark.parametrize("address", ["/", "/?density=wall", "/services/shop/", "/machines/", "/feed/"])
def test_a_page_fits_320_pixels(shop: Service, page: Page, address: str) -> None:  # noqa: F811
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_chart_has_words_and_a_table(shop: Service, page: Page) -> None:  # noqa: F811
    page.goto("/services/shop/")
    chart = page.locator("[data-chart]").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_have_attribute("aria-label", re.compile("Duration of the run: no points"))
    expect(chart).to_contain_text("No points in this range yet")
    chart.get_by_role("button", name="Table").click()
    expect(chart.locator("table")).to_be_visible()


@pytest.mark.parametrize(
    ("value", "unit"),
    [(0.0123, "s"), (125, "s"), (3_300_000, "B"), (0.4231, "ratio"), (12_345, ""), (0, ""), (99.96, "d")],
)
def test_script_and_server_write_numbers_alike(page: Page, value: float, unit: str) -> None:  # noqa: F811
    script = "([value, unit]) => import('/static/opsportal/format.js').then((words) => words.humanise(value, unit))"
    assert page.evaluate(script, [value, unit]) == units.humanise(value, unit)
