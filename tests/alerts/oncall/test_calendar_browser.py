"""The on-call pages in a real browser: bars, keyboard, zones, forms, small screens, both themes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from alerts.oncall import actions
from alerts.oncall.models import Override, Schedule
from security.access.models import User
from tests.alerts.oncall.estate import layer, schedule
from tests.browser import apart, browser, no_chromium, page, portal, quiet_page  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, no_chromium]
DAY = timedelta(days=1)
NIGHTS = [{"weekday": None, "start": "20:00", "end": "08:00"}]


@pytest.fixture
def web(ada: User, transactional_db: None) -> Schedule:
    """Ada on call in Vienna on weekdays' days and Otto in the nights, with an override; the weekends' days are gaps."""
    ada.first_name, ada.last_name = "Ada", "Lovelace"
    ada.save()
    otto = User.objects.create(username="otto")
    now = timezone.now().replace(hour=8, minute=0, second=0, microsecond=0)
    office = [{"weekday": day, "start": "08:00", "end": "20:00"} for day in range(5)]
    first = layer(ada, starts_at=now - 30 * DAY, restrictions=office)
    nights = layer(otto, name="Nights", rotation="daily", starts_at=now - 30 * DAY, restrictions=NIGHTS)
    found = schedule(first, nights, time_zone="Europe/Vienna")
    actions.override_save(schedule=found, user=otto, starts_at=now + DAY, ends_at=now + 2 * DAY, reason="Dentist")
    return found


def test_a_bar_says_who_and_when_under_the_pointer(web: Schedule, page: Page) -> None:  # noqa: F811
    page.goto("/oncall/web/")
    bar = page.locator(".rota-layer .bar").first
    bar.hover()
    expect(page.locator(".tooltip:visible")).to_have_text(
        f"{bar.get_attribute('data-who')}: {bar.get_attribute('data-when')}"
    )


def test_the_keyboard_goes_from_bar_to_bar_and_fills_in_the_form(web: Schedule, page: Page) -> None:  # noqa: F811
    page.goto("/oncall/web/")
    bars = page.locator(".rota-final .bar")
    bars.first.focus()
    page.keyboard.press("ArrowRight")
    expect(bars.nth(1)).to_be_focused()
    expect(page.locator(".tooltip:visible")).to_contain_text(bars.nth(1).get_attribute("data-who") or "")
    page.keyboard.press("Enter")
    expect(page.locator("select[name=user]")).to_be_focused()
    expect(page.locator("input[name=starts_at]")).to_have_value(bars.nth(1).get_attribute("data-start") or "")


def test_a_row_is_one_stop_of_the_tab_key(web: Schedule, page: Page) -> None:  # noqa: F811
    page.goto("/oncall/web/")
    for row in page.locator("[data-bars]").all():
        assert row.locator('.bar[tabindex="0"]').count() == 1


def test_an_override_is_set_from_the_page(web: Schedule, page: Page) -> None:  # noqa: F811
    page.goto("/oncall/web/")
    page.locator(".rota-final .bar").last.click()
    page.locator("select[name=user]").select_option(label="Ada Lovelace")
    page.get_by_role("button", name="Set the override").click()
    expect(page.get_by_text("The override is set.")).to_be_visible()
    assert apart(Override.objects.count) == 2


def test_the_browsers_zone_is_one_click_away(web: Schedule, browser: Browser, quiet_page: Page) -> None:  # noqa: F811
    context = browser.new_context(timezone_id="Asia/Tokyo", base_url=quiet_page.url)
    context.add_cookies(quiet_page.context.cookies())  # type: ignore[arg-type] # what was read may be set
    tab = context.new_page()
    tab.goto("/oncall/web/")
    tab.get_by_role("link", name="Asia/Tokyo").click()
    expect(tab.get_by_role("link", name="Asia/Tokyo")).to_have_attribute("aria-current", "true")
    expect(tab.get_by_text("Times by the clock of Asia/Tokyo")).to_be_visible()
    context.close()


def test_a_calendar_address_can_be_made_and_copied(web: Schedule, page: Page) -> None:  # noqa: F811
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/oncall/web/")
    page.get_by_role("button", name="Make an address").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "/oncall/web.ics?token=ops_" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("width", [320, 390, 1366])
def test_no_page_is_wider_than_the_screen(web: Schedule, page: Page, width: int) -> None:  # noqa: F811
    page.set_viewport_size({"width": width, "height": 900})
    for theme in ("light", "dark"):
        page.evaluate("theme => localStorage.setItem('opsportal.theme', theme)", theme)
        for address in ("/oncall/", "/oncall/web/", "/oncall/web/?span=month"):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, theme)
