"""The query page in a real Chromium: completion, charts, mistakes, addresses, files, the keyboard alone."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, Route, expect

from monitoring.metrics import store
from tests.browser import apart, browser, no_chromium, page, portal, quiet_page  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, no_chromium]


@pytest.fixture
def jobs(transactional_db: None) -> None:
    """Two queues, an hour of them."""
    now = timezone.now()
    store.write(
        store.Sample(
            "jobs_waiting", store.labels_of({"queue": queue, "host": "a"}), now - timedelta(minutes=age), value
        )
        for queue, value in (("mail", 3.0), ("export", 40.0))
        for age in range(60)
    )


def editor(page: Page, place: int = 0) -> Locator:  # noqa: F811
    return page.get_by_role("combobox", name=f"Expression {'ABC'[place]}")


def offers(page: Page) -> Locator:  # noqa: F811
    return page.locator(".offers").get_by_role("option")


def drawn(page: Page) -> Locator:  # noqa: F811
    return page.get_by_role("img", name=re.compile(r"Chart of \d+ series"))


def test_what_is_typed_is_completed_and_drawn(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/")
    editor(page).press_sequentially("max by (que")
    expect(offers(page)).to_have_text(["queuelabel"])
    editor(page).press("Tab")
    editor(page).press("End")
    editor(page).press_sequentially(") (jobs")
    expect(offers(page).first).to_have_text("jobs_waitingmetric")
    editor(page).press("Enter")
    editor(page).press_sequentially(")")
    editor(page).press("Control+Enter")
    expect(editor(page)).to_have_value("max by (queue) (jobs_waiting)")
    expect(drawn(page)).to_be_visible()
    expect(page.get_by_role("button", name="queue=export")).to_be_visible()


def test_labels_and_their_values_are_those_of_the_metric(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/")
    editor(page).press_sequentially("jobs_waiting{")
    expect(offers(page)).to_have_text(["hostlabel", "queuelabel"])
    editor(page).press("ArrowDown")
    expect(editor(page)).to_have_attribute("aria-activedescendant", re.compile("-1$"))
    editor(page).press("Enter")
    expect(offers(page)).to_have_text(["exportvalue", "mailvalue"])
    editor(page).press_sequentially("ma")
    expect(offers(page)).to_have_count(1)
    editor(page).press("Enter")
    expect(editor(page)).to_have_value('jobs_waiting{queue="mail"')
    expect(editor(page)).to_have_attribute("aria-expanded", "false")


def test_a_function_is_offered_with_its_signature_and_taken_by_the_mouse(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/")
    editor(page).press_sequentially("histogram_q")
    expect(page.locator(".offer-help")).to_contain_text("histogram_quantile(number, instant)")
    offers(page).first.click()
    expect(editor(page)).to_have_value("histogram_quantile()")
    expect(editor(page)).to_be_focused()


def test_control_space_offers_without_a_letter_and_escape_closes(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/")
    editor(page).press("Control+Space")
    expect(offers(page).first).to_be_visible()
    editor(page).press("Escape")
    expect(offers(page)).to_have_count(0)
    expect(editor(page)).to_be_focused()


def test_a_mistake_is_shown_under_its_place(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=sum(jobs_waiting) by by")
    expect(page.get_by_role("alert").filter(has_text="Character 22")).to_contain_text("unexpected <by>")
    wrong, mark = page.locator(".wrong"), page.locator(".place")
    expect(wrong).to_have_text("by")
    before = mark.evaluate("element => parseFloat(getComputedStyle(element).paddingLeft)")
    place, text = wrong.bounding_box(), page.locator(".editor").bounding_box()
    assert place
    assert text
    assert abs(before - (place["x"] - text["x"])) < 4
    expect(editor(page)).to_have_attribute("aria-invalid", "true")


def test_what_only_running_shows_is_told_in_words(jobs: None, quiet_page: Page) -> None:  # noqa: F811
    quiet_page.goto("/query/?q=jobs_waiting[5m]")
    alert = quiet_page.get_by_role("alert").filter(has_text="invalid expression type")
    expect(alert).to_be_visible()


def test_the_address_is_the_whole_state(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/")
    editor(page).fill("jobs_waiting")
    page.get_by_role("button", name="Add a query").click()
    editor(page, 1).fill("sum(jobs_waiting)")
    page.get_by_role("button", name="15m").click()
    page.get_by_label("Step").fill("30s")
    page.get_by_label("Step").press("Enter")
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page).to_have_url(
        re.compile(r"/query/\?q=jobs_waiting&q=sum%28jobs_waiting%29&range=15m&step=30s&view=table$")
    )
    page.reload()
    expect(editor(page)).to_have_value("jobs_waiting")
    expect(editor(page, 1)).to_have_value("sum(jobs_waiting)")
    expect(page.get_by_role("button", name="15m")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Step")).to_have_value("30s")
    expect(page.get_by_role("cell", name="43")).to_be_visible()


def test_back_and_forward_go_through_what_was_asked(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting")
    expect(drawn(page)).to_be_visible()
    page.get_by_role("button", name="6h").click()
    editor(page).fill("sum(jobs_waiting)")
    editor(page).press("Control+Enter")
    expect(page).to_have_url(re.compile("sum.*range=6h"))
    page.go_back()
    expect(editor(page)).to_have_value("jobs_waiting")
    page.go_forward()
    expect(editor(page)).to_have_value("sum(jobs_waiting)")


def test_a_hidden_query_is_left_out_and_stays_hidden(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto('/query/?q=jobs_waiting{queue="mail"}&q=jobs_waiting{queue="export"}')
    expect(page.get_by_role("img", name="Chart of 2 series")).to_be_visible()
    page.get_by_role("button", name="Hide query B").click()
    expect(page.get_by_role("img", name="Chart of 1 series")).to_be_visible()
    expect(page).to_have_url(re.compile("hide=B"))


def test_an_absolute_range_is_asked_for_and_shown(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting")
    page.get_by_text("From … to").click()
    page.get_by_label("From (UTC)").fill("2026-01-02T10:00")
    page.get_by_label("To (UTC)").fill("2026-01-02T09:00")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="From has to be before To")).to_be_visible()
    page.get_by_label("To (UTC)").fill("2026-01-02T11:00")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("from=2026-01-02T10%3A00&to=2026-01-02T11%3A00"))
    expect(page.locator("#nothing")).to_contain_text("No data")


def test_a_step_too_short_is_refused_with_the_least_that_would_do(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting&range=90d&step=1s")
    expect(page.get_by_role("alert").filter(has_text="Step")).to_contain_text("Write 707s or more")


def test_no_data_is_not_zero_and_an_unknown_metric_is_named(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_wating")
    expect(page.locator("#nothing")).to_contain_text("No metric is called jobs_wating")
    page.goto("/query/?q=jobs_waiting > 1000")
    expect(page.locator("#nothing")).to_contain_text("A comparison keeps only the series")
    page.goto("/query/?q=jobs_waiting * 0")
    expect(drawn(page)).to_be_visible()


def test_values_are_sorted(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting&view=table")
    values = page.locator("#table tbody td.number")
    page.get_by_role("button", name="Value").click()
    expect(values).to_have_text(["40", "3"])
    page.get_by_role("button", name="Value").click()
    expect(values).to_have_text(["3", "40"])
    expect(page.get_by_role("columnheader", name="Value")).to_have_attribute("aria-sort", "ascending")


def test_the_chart_has_its_points_as_a_table(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting")
    page.get_by_role("button", name="Points").click()
    expect(page.locator("#points-table th")).to_have_text(["Time", "queue=export", "queue=mail"])
    expect(page.locator("#points-table tbody tr").first).to_contain_text("40")


def test_a_name_of_the_legend_shows_its_line_alone(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting")
    mail, export = page.get_by_role("button", name="queue=mail"), page.get_by_role("button", name="queue=export")
    mail.click()
    expect(export).to_have_attribute("aria-pressed", "false")
    mail.click()
    expect(export).to_have_attribute("aria-pressed", "true")


def test_the_answer_comes_as_a_file(jobs: None, page: Page, tmp_path: Path) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting&step=60")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "points.csv")
    head, *rows = (tmp_path / "points.csv").read_text().splitlines()
    assert head.startswith("time,")
    assert head.count("queue=") == 2
    assert len(rows) >= 59


def test_many_series_are_drawn_up_to_a_stated_number(page: Page) -> None:  # noqa: F811
    apart(many_series)
    page.goto("/query/?q=many&range=15m&step=1")
    expect(page.get_by_role("img", name="Chart of 100 series")).to_be_visible(timeout=20_000)
    expect(page.locator("#summary")).to_contain_text("Only the first 100 series are drawn")
    expect(page.locator(".told")).to_contain_text("the first 100 series")


def many_series() -> None:
    now = timezone.now()
    store.write(
        store.Sample("many", store.labels_of({"n": f"{number:03}"}), now - timedelta(seconds=age), float(number))
        for number in range(103)
        for age in (10, 250, 490, 730)
    )


def test_an_example_is_one_click(jobs: None, page: Page) -> None:  # noqa: F811
    apart(lambda: store.write([store.Sample("up", store.labels_of({"job": "node"}), timezone.now(), 1.0)]))
    page.goto("/query/")
    page.get_by_role("link", name="Which exporters answer").click()
    expect(drawn(page)).to_be_visible()


def test_a_portal_that_is_away_is_told_and_asked_again(jobs: None, quiet_page: Page) -> None:  # noqa: F811
    def refuse(route: Route) -> None:
        route.abort()

    quiet_page.route("**/prometheus/api/v1/query_range*", refuse)
    quiet_page.goto("/query/?q=jobs_waiting")
    expect(quiet_page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    quiet_page.unroute("**/prometheus/api/v1/query_range*")
    quiet_page.get_by_role("button", name="Run").click()
    expect(drawn(quiet_page)).to_be_visible()


def test_a_long_expression_is_posted(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/")
    editor(page).fill(" + ".join(["sum(jobs_waiting)"] * 190))
    with page.expect_request(lambda request: "query_range" in request.url) as asked:
        editor(page).press("Control+Enter")
    assert asked.value.method == "POST"
    expect(drawn(page)).to_be_visible()


def test_labels_are_text_and_never_markup(page: Page) -> None:  # noqa: F811
    label = "<img src=x onerror=alert(1)>"
    apart(lambda: store.write([store.Sample("sly", store.labels_of({"q": label}), timezone.now(), 1.0)]))
    for view in ("chart", "table"):
        page.goto(f"/query/?q=sly or vector(1)&view={view}")
        expect(page.get_by_text(label).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_wider_than_a_phone(jobs: None, page: Page, scheme: str, width: int) -> None:  # noqa: F811
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 844})
    for address in (
        "/query/",
        "/query/?q=jobs_waiting&q=sum by (queue) (jobs_waiting)",
        "/query/?q=jobs_waiting&view=table",
        "/query/metrics/",
        "/query/metrics/jobs_waiting/",
        "/query/cardinality/",
    ):
        page.goto(address, wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_the_keyboard_alone_is_enough(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/")
    expect(editor(page)).to_be_focused()
    page.keyboard.type("jobs_w")
    expect(offers(page)).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(drawn(page)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Table", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#table table")).to_be_visible()


def test_colours_follow_the_theme(jobs: None, browser: Browser, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting")
    line = page.locator("#legend line").first
    before = line.get_attribute("stroke")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(line).not_to_have_attribute("stroke", before or "")


def test_the_arrow_keys_read_the_chart(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting")
    drawn(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".cursor-tip")).to_contain_text("queue=export")
    page.keyboard.press("Escape")
    expect(page.locator(".cursor-tip")).to_be_hidden()


def test_a_stretch_drawn_over_is_enlarged(jobs: None, page: Page) -> None:  # noqa: F811
    page.goto("/query/?q=jobs_waiting")
    box = drawn(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 3 / 4, box["y"] + 80, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from=.*&to="))
    expect(drawn(page)).to_be_visible()


def test_half_typed_expressions_are_not_asked_for_by_the_refresh(jobs: None, page: Page) -> None:  # noqa: F811
    page.clock.install()
    page.goto("/query/?q=jobs_waiting&refresh=5")
    expect(drawn(page)).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "query_range" in request.url else None)
    with page.expect_response(re.compile("query_range")):
        page.clock.run_for(5_500)
    editor(page).fill("jobs_waiting * 2")
    page.clock.run_for(16_000)
    assert len(asked) == 1
