"""The pages of incidents, silences and deliveries: what they show, and what their buttons do."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from alerts.delivery.models import Delivery
from alerts.incidents.models import Incident, Silence
from alerts.oncall.models import Escalation
from security.access.models import User
from tests.alerts.incidents.busy import busy

pytestmark = pytest.mark.django_db


@pytest.fixture
def estate(db: None, ada: User, otto: User) -> list[Incident]:
    return busy(ada, otto, timezone.now())


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def do(client: Client, incident: Incident, verb: str, **data: object) -> str:
    """The words that the page says after."""
    answer = client.post(f"/incidents/{incident.pk}/act/", {"verb": verb, **data}, follow=True)
    assert answer.status_code == 200
    incident.refresh_from_db()
    return " ".join(str(one) for one in answer.context["messages"])


@pytest.mark.parametrize("address", ["/incidents/", "/silences/", "/silences/new/", "/deliveries/", "/channels/"])
def test_empty_pages_explain_what_they_are_for(ada_client: Client, address: str) -> None:
    assert "empty" in shown(ada_client, address) or address == "/silences/new/"


def test_the_list_shows_what_is_not_resolved_with_counts_and_who_is_on_call(
    estate: list[Incident], vera_client: Client
) -> None:
    page = shown(vera_client, "/incidents/")
    assert "DiskFull" in page
    assert "BackupLate" not in page
    assert "On call now" in page
    assert "Acknowledge</button>" not in page


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?state=resolved", ["BackupLate"]),
        ("?severity=critical", ["The queue"]),
        ("?service=sign-in", ["CertificateEnds"]),
        ("?assignee=ada", ["The queue"]),
        ("?assignee=nobody-of-that-name", []),
        ("?mine=1&sort=oldest", ["The queue", "CertificateEnds"]),
        ("?q=diskfull", ["DiskFull"]),
    ],
)
def test_filters_of_the_address(estate: list[Incident], ada_client: Client, query: str, titles: list[str]) -> None:
    found = ada_client.get(f"/incidents/{query}").context["found"].incidents
    assert len(found) == len(titles)
    assert all(one.title.startswith(title) for one, title in zip(found, titles, strict=True))


def test_the_worst_come_first_where_that_is_asked_for(estate: list[Incident], ada_client: Client) -> None:
    found = ada_client.get("/incidents/?sort=severity").context["found"].incidents
    assert [one.severity for one in found] == ["critical", "error", "warning", "notice", "info"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "severity"])
def test_pages_by_key_hold_every_incident_once(ada_client: Client, sort: str) -> None:
    now = timezone.now()
    Incident.objects.bulk_create(
        Incident(title=str(n), severity=("info", "error")[n % 2], opened_at=now, joined_at=now, updated_at=now)
        for n in range(120)
    )
    seen, address = [], f"?sort={sort}"
    while address:
        context = ada_client.get(f"/incidents/{address}").context
        seen += [one.pk for one in context["found"].incidents]
        address = context["next_address"]
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("query", ["?state=burning", "?since=yesterday", "?sort=size", "?after=x", "?severity=huge"])
def test_a_filter_that_cannot_be_read_is_named(ada_client: Client, query: str) -> None:
    assert f"{query[1:].split('=')[0]}: " in shown(ada_client, f"/incidents/{query}")


def test_many_are_acknowledged_at_once_and_the_list_is_shown_as_it_was(
    estate: list[Incident], otto_client: Client
) -> None:
    chosen = [estate[0].pk, estate[3].pk, estate[4].pk]
    answer = otto_client.post(
        "/incidents/act/", {"verb": "acknowledge", "incident": chosen, "back": "?state=open"}, follow=True
    )
    assert answer.redirect_chain[0][0] == "/incidents/?state=open"
    assert set(Incident.objects.filter(pk__in=chosen).values_list("state", flat=True)) == {"acknowledged", "resolved"}
    assert any("Nothing to acknowledge" in str(one) for one in answer.context["messages"])


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "?x=\r\nSet-Cookie: a=b"])
def test_the_way_back_leads_nowhere_else(estate: list[Incident], otto_client: Client, back: str) -> None:
    answer = otto_client.post("/incidents/act/", {"verb": "resolve", "incident": estate[0].pk, "back": back})
    assert answer.headers["Location"] == "/incidents/"


def test_an_incident_tells_everything_about_it(estate: list[Incident], vera_client: Client) -> None:
    page = shown(vera_client, f"/incidents/{estate[1].pk}/")
    assert "host-2" in page
    assert "The worker is being restarted." in page
    assert "Acknowledged by otto" in page
    assert "Try 1" in page
    assert "The acknowledgement ends" in page


def test_what_comes_next_names_the_step_of_the_policy(estate: list[Incident], vera_client: Client) -> None:
    due = timezone.now() + timedelta(minutes=3)
    Escalation.objects.filter(subject=estate[5].subject).update(state="running", step=0, next_step_at=due)
    coming = vera_client.get(f"/incidents/{estate[5].pk}/").context["coming"]
    assert (due, "Default, step 1: ada, unless acknowledged") in [(one.at, one.words) for one in coming]


def test_the_buttons_of_an_incident_do_what_they_say(estate: list[Incident], otto_client: Client) -> None:
    one = estate[0]
    assert "Acknowledged by otto" in do(otto_client, one, "acknowledge", **{"for": "3600"})
    assert one.wake_at is not None
    assert one.wake_at - timezone.now() < timedelta(hours=1)
    assert "open again" in do(otto_client, one, "unacknowledge")
    assert "Snoozed" in do(otto_client, one, "snooze")
    assert "Assigned to ada" in do(otto_client, one, "assign", assignee="ada")
    assert "Critical now" in do(otto_client, one, "severity", severity="critical")
    assert "merged into" in do(otto_client, one, "merge", incidents=f"#{estate[2].pk}")
    assert "Resolved" in do(otto_client, one, "resolve")
    assert "Opened again" in do(otto_client, one, "reopen")


@pytest.mark.parametrize(
    ("verb", "data", "words"),
    [
        ("merge", {"incidents": "nine"}, "nine: write the numbers"),
        ("merge", {"incidents": "999999"}, "#999999"),
        ("assign", {"assignee": "nemo"}, "no active account"),
        ("acknowledge", {"until": "soon"}, "is not a time"),
        ("acknowledge", {"until": "1999-01-01T00:00"}, "within the next 30 days"),
        ("comment", {"text": " "}, "Write something"),
    ],
)
def test_wrong_input_is_answered_in_words(
    estate: list[Incident], otto_client: Client, verb: str, data: dict[str, str], words: str
) -> None:
    assert words in do(otto_client, estate[0], verb, **data)


def test_alerts_are_split_off_and_the_new_incident_is_shown(estate: list[Incident], otto_client: Client) -> None:
    one = estate[1]
    alert = one.members.first()
    assert alert is not None
    assert "Split off to" in do(otto_client, one, "split", alert=alert.alert_id)


def test_the_small_page_acknowledges_and_stays_small(estate: list[Incident], otto_client: Client) -> None:
    address = f"/incidents/{estate[0].pk}/ack/"
    assert "Acknowledge" in shown(otto_client, address)
    answer = otto_client.post(f"/incidents/{estate[0].pk}/act/", {"verb": "acknowledge", "page": "ack"})
    assert answer.headers["Location"] == address


def test_who_only_looks_has_no_buttons(estate: list[Incident], vera_client: Client) -> None:
    for address in (f"/incidents/{estate[0].pk}/", f"/incidents/{estate[0].pk}/ack/"):
        assert 'name="verb"' not in shown(vera_client, address)


def test_a_link_of_a_sender_that_could_run_a_script_is_no_link(estate: list[Incident], vera_client: Client) -> None:
    alert = estate[0].members.select_related("alert").get().alert
    alert.generator_url = "javascript:alert(1)"
    alert.save()
    assert "javascript:" not in shown(vera_client, f"/incidents/{estate[0].pk}/")


def test_a_service_that_is_no_slug_breaks_no_page(estate: list[Incident], vera_client: Client) -> None:
    Incident.objects.filter(pk=estate[0].pk).update(service="shop / käse")
    assert "shop / käse" in shown(vera_client, f"/incidents/{estate[0].pk}/")


def test_a_silence_from_incidents_covers_their_alerts(estate: list[Incident], otto_client: Client) -> None:
    answer = otto_client.get(f"/silences/new/?incident={estate[1].pk}&incident={estate[0].pk}")
    assert answer.context["preview"]["found"].count == 4


def test_a_silence_is_made_edited_and_ended(estate: list[Incident], otto_client: Client) -> None:
    end = f"{timezone.now() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    data = {"matchers": 'alertname="DiskFull"', "ends_at": end, "comment": "a bigger disk"}
    assert otto_client.post("/silences/new/", data).headers["Location"] == "/silences/"
    made = Silence.objects.get(comment="a bigger disk")
    otto_client.post(f"/silences/{made.uuid}/", data | {"comment": "two disks"})
    assert "two disks" in shown(otto_client, "/silences/")
    otto_client.post(f"/silences/{made.uuid}/expire/")
    assert "two disks" in shown(otto_client, "/silences/?state=expired")


def test_a_wrong_silence_is_told_at_its_fields(otto_client: Client) -> None:
    answer = otto_client.post("/silences/new/", {"matchers": "=", "ends_at": "2001-01-01T00:00", "comment": ""})
    assert answer.status_code == 400
    assert {"matchers", "comment"} <= set(answer.context["form"].errors)


def test_the_preview_tells_what_is_covered_and_what_is_wrong(estate: list[Incident], otto_client: Client) -> None:
    said = otto_client.post("/silences/preview/", {"matchers": 'service="checkout"'}).content.decode()
    assert "3 alerts" in said
    assert "field-errors" in otto_client.post("/silences/preview/", {"matchers": "!"}).content.decode()


def test_a_delivery_tells_who_what_why_when_and_why_not_the_others(estate: list[Incident], vera_client: Client) -> None:
    failed = Delivery.objects.filter(state="failed", subject__startswith="incident:").first()
    assert failed is not None
    assert failed.target_name in shown(vera_client, f"/deliveries/?state=failed&subject={quote(failed.subject)}")
    page = shown(vera_client, f"/deliveries/{failed.pk}/")
    for words in (escape(failed.why), failed.message["title"], "no healthy upstream", "503", "The others"):
        assert words in page


def test_addresses_are_hidden_from_whoever_does_not_manage_contacts(
    estate: list[Incident], vera_client: Client, ada_client: Client
) -> None:
    paged = Delivery.objects.exclude(address="").first()
    assert paged is not None
    assert paged.address not in shown(vera_client, f"/deliveries/{paged.pk}/")
    assert paged.address in shown(ada_client, f"/deliveries/{paged.pk}/")


def test_the_history_is_exported_as_it_is_filtered(estate: list[Incident], vera_client: Client) -> None:
    answer = vera_client.get("/deliveries/export.csv?state=failed")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("id,key")
    assert all(",failed," in line for line in lines[1:])
    assert len(lines) > 1


def test_the_page_of_channels_names_what_fails_first(estate: list[Incident], ada_client: Client) -> None:
    rows = ada_client.get("/channels/").context["channels"]
    assert (rows[0].channel.name, rows[0].state) == ("Operations", "open")
    assert "no healthy upstream" in shown(ada_client, "/channels/")
    ada_client.post("/channels/reset/", {"endpoint": "webhook example.org"})
    assert ada_client.get("/channels/").context["channels"][0].state == "closed"


def test_the_bar_has_a_place_for_the_count_that_the_browser_asks_for(
    estate: list[Incident], vera_client: Client
) -> None:
    count = Incident.objects.filter(state="open").count()
    assert vera_client.get("/incidents/count.json").json() == {"open": count}
    assert 'id="open-incidents"' in shown(vera_client, "/machines/")


def test_the_overview_names_the_worst_open_incidents(estate: list[Incident], vera_client: Client) -> None:
    page = shown(vera_client, "/")
    assert "open incidents</span>" in page
    assert f'href="/incidents/{estate[3].pk}/"' in page
