"""The pages: who is on call, the calendar, and what is changed from there."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from alerts.oncall import actions
from alerts.oncall.models import Feed, Override, Schedule
from alerts.oncall.queries import on_call
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule
from tests.alerts.oncall.test_calendar_entries import file

NOW = MONDAY + timedelta(days=1)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture(autouse=True)
def _tuesday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def web(ada: User, otto: User) -> Schedule:
    return schedule(layer(ada, otto), time_zone="Europe/Vienna")


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content, "utf-8")


def post(client: Client, address: str, **values: Any) -> Any:
    return client.post(address, {"tz": "Europe/Vienna"} | values)


def test_the_list_says_who_is_on_call_until_when_and_who_is_next(web: Schedule, vera_client: Client) -> None:
    page = text(vera_client, "/oncall/")
    for words in ("Web", "ada", "Mon 30 Nov 10:00", "otto"):
        assert words in page


def test_whoever_is_on_call_is_told_so(web: Schedule, ada_client: Client, otto_client: Client) -> None:
    assert "You are on call: Web" in text(ada_client, "/oncall/")
    assert "You are on call" not in text(otto_client, "/oncall/")


def test_without_schedules_the_page_says_what_they_are_for(ada_client: Client) -> None:
    assert "There is no on-call schedule yet" in text(ada_client, "/oncall/")


def test_the_list_of_many_schedules_takes_as_many_statements_as_of_one(
    web: Schedule, ada: User, vera_client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        schedule(layer(ada), name=f"Schedule {number}")
    with django_assert_max_num_queries(12):
        text(vera_client, "/oncall/")


def test_the_calendar_has_a_bar_for_each_shift_with_who_and_when(web: Schedule, vera_client: Client) -> None:
    page = text(vera_client, "/oncall/web/?from=2026-11-23&span=2weeks")
    assert 'data-who="ada" data-when="Mon 23 Nov 10:00 to Mon 30 Nov 10:00 (7 d)"' in page
    assert page.count('data-who="otto"') == 2  # in the layer, and in what holds


def test_the_calendar_takes_as_many_statements_with_many_layers_and_overrides(
    ada: User, otto: User, otto_client: Client, django_assert_max_num_queries: Any
) -> None:
    busy = schedule(*(layer(ada, otto, name=f"Layer {number}") for number in range(6)))
    for hours in range(10):
        start = NOW + timedelta(hours=hours)
        actions.override_save(schedule=busy, user=otto, starts_at=start, ends_at=start + DAY)
    with django_assert_max_num_queries(20):
        text(otto_client, "/oncall/web/")


def test_gaps_are_bars_and_words(web: Schedule, vera_client: Client) -> None:
    page = text(vera_client, "/oncall/web/?from=2026-11-16&span=2weeks")
    assert "Nobody is on call for 7 d 10 h" in page
    assert 'class="bar gap"' in page


def test_the_calendar_may_be_seen_by_another_clock(web: Schedule, vera_client: Client) -> None:
    page = text(vera_client, "/oncall/web/?from=2026-11-23&tz=Asia/Tokyo")
    assert "Mon 23 Nov 18:00 to Mon 30 Nov 18:00" in page


@pytest.mark.parametrize("query", ["span=year", "from=yesterday", "from=0001-01-01", "tz=Mars", "from=9999-12-31"])
def test_an_address_that_is_wrong_shows_the_default(web: Schedule, vera_client: Client, query: str) -> None:
    assert "23 Nov to 6 Dec 2026" in text(vera_client, f"/oncall/web/?{query}")


@pytest.mark.parametrize(("span", "words"), [("week", "23 Nov to 29 Nov 2026"), ("month", "1 Nov to 30 Nov 2026")])
def test_spans(web: Schedule, vera_client: Client, span: str, words: str) -> None:
    assert words in text(vera_client, f"/oncall/web/?span={span}")


def test_a_viewer_sees_no_forms(web: Schedule, vera_client: Client, otto_client: Client) -> None:
    assert "Set the override" not in text(vera_client, "/oncall/web/")
    assert "Set the override" in text(otto_client, "/oncall/web/")


def test_names_are_written_as_text(ada: User, vera_client: Client) -> None:
    ada.first_name = "<script>alert(1)</script>"
    ada.save()
    schedule(layer(ada, name="<b>"))
    page = text(vera_client, "/oncall/web/")
    assert "<script>alert(1)" not in page
    assert "<b>" not in page


def test_an_override_is_set_by_the_clock_that_is_shown(web: Schedule, otto: User, otto_client: Client) -> None:
    values = {"user": otto.pk, "starts_at": "2026-11-25T09:00", "ends_at": "2026-11-25T17:00", "reason": "Dentist"}
    answer = post(otto_client, "/oncall/web/override/?span=week", **values)
    assert answer["Location"] == "/oncall/web/?span=week"
    override = Override.objects.get()
    assert (override.starts_at, override.created_by) == (datetime(2026, 11, 25, 8, tzinfo=UTC), otto)


def test_an_override_over_the_night_the_clock_is_set_back_covers_both_hours(
    web: Schedule, otto: User, otto_client: Client
) -> None:
    post(otto_client, "/oncall/web/override/", user=otto.pk, starts_at="2027-10-31T02:30", ends_at="2027-10-31T02:45")
    override = Override.objects.get()
    assert override.ends_at - override.starts_at == timedelta(minutes=75)


def test_what_is_wrong_with_an_override_stands_at_its_field(web: Schedule, otto_client: Client) -> None:
    answer = post(
        otto_client, "/oncall/web/override/", user="nobody", starts_at="2026-11-25T09:00", ends_at="2026-11-25T08:00"
    )
    assert answer.status_code == 400
    assert "The end must come after the start" in answer.content.decode()


def test_an_override_is_taken_back(web: Schedule, otto: User, otto_client: Client) -> None:
    override = actions.override_save(schedule=web, user=otto, starts_at=NOW, ends_at=NOW + DAY)
    otto_client.post(f"/oncall/web/override/{override.pk}/delete/")
    assert not Override.objects.exists()


def test_shifts_are_swapped_from_the_present_minute_on(
    web: Schedule, ada: User, otto: User, otto_client: Client
) -> None:
    page = text(otto_client, "/oncall/web/")
    ones = f"{ada.pk}/2026-11-23T09:00:00+00:00/2026-11-30T09:00:00+00:00"
    others = f"{otto.pk}/2026-11-30T09:00:00+00:00/2026-12-07T09:00:00+00:00"
    assert ones in page
    assert post(otto_client, "/oncall/web/swap/", ones=ones, others=others).status_code == 302
    assert [on_call(web, NOW + weeks * WEEK) for weeks in range(3)] == [[otto], [ada], [ada]]
    assert Override.objects.order_by("starts_at")[0].starts_at == NOW


def test_a_swap_of_one_persons_shifts_is_refused_at_its_field(web: Schedule, ada: User, otto_client: Client) -> None:
    shift = f"{ada.pk}/2026-11-23T09:00:00+00:00/2026-11-30T09:00:00+00:00"
    answer = post(otto_client, "/oncall/web/swap/", ones=shift, others=shift)
    assert "A swap needs two people" in answer.content.decode()


def test_a_calendar_is_looked_at_then_imported(web: Schedule, otto: User, otto_client: Client, tmp_path: Any) -> None:
    found, unknown = (f"UID:{name} DTSTART:20261201T080000Z DURATION:P1D SUMMARY:{name}" for name in ("otto", "grace"))
    path = tmp_path / "rota.ics"
    path.write_bytes(file(found, unknown))
    with path.open("rb") as upload:
        page = otto_client.post("/oncall/web/import/", {"file": upload})
    assert "Nobody here goes by “grace”" in page.content.decode()
    assert not Override.objects.exists()
    otto_client.post("/oncall/web/import/apply/", {"file": page.context["signed"]})
    assert Override.objects.get().user == otto


def test_a_preview_of_another_schedule_or_made_by_hand_is_not_applied(web: Schedule, otto_client: Client) -> None:
    assert otto_client.post("/oncall/web/import/apply/", {"file": "e30:made-up"}).status_code == 400
    assert not Override.objects.exists()


def test_a_calendar_address_is_shown_once_and_read_without_logging_in(web: Schedule, vera_client: Client) -> None:
    page = vera_client.post("/oncall/web/feed/")
    address = page.context["address"]
    answer = Client().get(address.removeprefix("http://testserver"))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"SUMMARY:ada on call: Web" in answer.content
    assert address not in text(vera_client, "/oncall/web/")


def test_a_calendar_that_has_the_latest_is_told_so(web: Schedule, vera_client: Client) -> None:
    address = vera_client.post("/oncall/web/feed/").context["address"].removeprefix("http://testserver")
    etag = Client().get(address)["ETag"]
    assert Client().get(address, headers={"If-None-Match": etag}).status_code == 304


def test_own_shifts_have_an_address_too(web: Schedule, otto_client: Client) -> None:
    address = otto_client.post("/oncall/my-shifts/feed/").context["address"].removeprefix("http://testserver")
    content = Client().get(address).content
    assert b"otto on call: Web" in content
    assert b"ada on call" not in content


def test_an_address_that_was_taken_back_is_refused(web: Schedule, vera_client: Client) -> None:
    address = vera_client.post("/oncall/web/feed/").context["address"].removeprefix("http://testserver")
    vera_client.post("/oncall/web/feed/revoke/")
    assert Client().get(address).status_code == 403
    assert not Feed.objects.exists()


def test_a_feed_of_a_schedule_that_is_gone_is_refused_like_any_other(web: Schedule, vera_client: Client) -> None:
    address = vera_client.post("/oncall/web/feed/").context["address"].removeprefix("http://testserver")
    web.delete()
    assert Client().get(address).status_code == 403


def test_whose_account_is_off_is_said(web: Schedule, ada: User, vera_client: Client) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert "account is off" in text(vera_client, "/oncall/")


def test_the_first_midnight_of_two_is_where_a_day_begins(ada: User, vera_client: Client) -> None:
    schedule(layer(ada, starts_at=MONDAY - 60 * WEEK), name="Havana", time_zone="America/Havana")
    page = text(vera_client, "/oncall/havana/?span=week&from=2026-11-01")
    assert ZoneInfo("America/Havana").key in page
    assert 'width="14.793%"' in page  # 25 of 169 hours
