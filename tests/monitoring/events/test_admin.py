from django.test import Client

from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity


def test_an_event_is_shown_and_cannot_be_changed(ada_client: Client) -> None:
    event = event_emit(kind="a.b", severity=Severity.ERROR, subject="service:shop", summary="Down", payload={"a": 1})
    path = f"/admin/events/event/{event.pk}/change/"
    assert "service:shop" in ada_client.get("/admin/events/event/").content.decode()
    assert "&quot;a&quot;: 1" in ada_client.get(path).content.decode()
    assert ada_client.post(path, {"summary": "x"}).status_code == 403
    assert ada_client.get("/admin/events/event/add/").status_code == 403


def test_events_are_found_by_subject(ada_client: Client) -> None:
    event_emit(kind="a.b", severity=Severity.INFO, subject="service:shop", summary="Sells again")
    assert "Sells again" in ada_client.get("/admin/events/event/?q=shop").content.decode()
    assert "Sells again" not in ada_client.get("/admin/events/event/?q=nothing").content.decode()
