"""The page "My notifications" in a real Chromium: on a telephone and a desk, without a complaint of the policy."""

import pytest
from playwright.sync_api import Page, expect

from alerts.oncall.models import PersonalRule
from security.access.models import User
from tests.alerts.oncall.world import contact, rule
from tests.browser import apart, browser, no_chromium, page, portal, quiet_page  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, no_chromium]


@pytest.fixture
def reachable(transactional_db: None, ada: User) -> None:
    rule(contact(ada, "Mail", address="a-rather-long-address-of-somebody@notifications.example.org"))
    contact(ada, "My mobile", verified_at=None)


@pytest.mark.parametrize("width", [360, 1366])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.usefixtures("reachable")
def test_nothing_sticks_out_at_any_width(page: Page, width: int, theme: str) -> None:  # noqa: F811
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/me/notifications/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.usefixtures("reachable")
def test_a_rule_is_added_by_hand(page: Page) -> None:  # noqa: F811
    page.goto("/")
    page.locator(".bar-tools .menu summary").click()
    page.get_by_role("link", name="My notifications").click()
    urgent = page.get_by_role("region", name="When it is urgent")
    urgent.get_by_label("Tell me by").nth(1).select_option("Mail")
    urgent.get_by_label("after (min)").nth(1).fill("5")
    urgent.get_by_role("button", name="Save").click()
    expect(page.locator(".message")).to_contain_text("Your rules are saved.")
    assert apart(lambda: list(PersonalRule.objects.values_list("delay_s", flat=True))) == [0, 300]
