"""The pages of incidents in a real Chromium: on a telephone and a desk, by keyboard, live, without a complaint of the policy."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from alerts.incidents import actions
from alerts.incidents.models import Incident
from security.access.models import User
from tests.alerts.incidents.busy import busy
from tests.browser import apart, browser, no_chromium, page, portal, quiet_page  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, no_chromium]


@pytest.fixture
def estate(transactional_db: None, ada: User, otto: User) -> list[Incident]:
    return busy(ada, otto, timezone.now())


@pytest.mark.parametrize("width", [390, 1366])
def test_nothing_sticks_out_at_any_width(estate: list[Incident], page: Page, width: int) -> None:  # noqa: F811
    page.set_viewport_size({"width": width, "height": 800})
    one = f"/incidents/{estate[1].pk}/"
    for address in ("/", "/incidents/?state=all", one, f"{one}ack/", "/silences/", "/deliveries/", "/channels/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_the_bar_of_every_page_counts_open_incidents(estate: list[Incident], page: Page) -> None:  # noqa: F811
    count = apart(lambda: Incident.objects.filter(state="open").count())
    page.goto("/machines/")
    expect(page.locator("#open-incidents")).to_be_visible()
    expect(page.locator("#open-incidents")).to_have_text(f"{count} open")


def test_an_incident_is_acknowledged_by_keyboard(estate: list[Incident], page: Page) -> None:  # noqa: F811
    page.goto("/incidents/?sort=oldest")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#chosen")).to_have_text("1 chosen")
    page.keyboard.press("a")
    expect(page.locator(".message")).to_contain_text("Acknowledged by ada")
    assert apart(lambda: Incident.objects.get(pk=estate[0].pk).state) == "acknowledged"


def test_a_comment_of_somebody_else_shows_without_a_reload(estate: list[Incident], page: Page) -> None:  # noqa: F811
    page.goto(f"/incidents/{estate[0].pk}/")
    expect(page.locator("html")).to_have_attribute("data-connection", "connected")
    page.locator("#comment").fill("half a sentence")
    apart(lambda: actions.incident_comment(incident=estate[0], text="I look at it", by=None, now=timezone.now()))
    expect(page.locator(".timeline")).to_contain_text("I look at it")
    assert page.locator("#comment").input_value() == "half a sentence"


def test_a_silence_shows_what_it_covers_while_it_is_written(estate: list[Incident], page: Page) -> None:  # noqa: F811
    page.goto("/silences/new/")
    page.get_by_label("Label", exact=True).fill("service")
    page.get_by_label("Value", exact=True).fill("checkout")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#preview")).to_contain_text("3 alerts")
