"""A calendar's entries become overrides of the people they mean, once."""

from datetime import UTC, datetime, timedelta

from alerts.oncall.calendars.importing import overrides_import, preview
from alerts.oncall.models import Override, Schedule
from alerts.oncall.queries import on_call
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule
from tests.alerts.oncall.test_calendar_entries import file

NOW = MONDAY + timedelta(days=1)
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
BY_ADDRESS = "UID:a DTSTART:20261201T080000Z DURATION:P1D SUMMARY:x ATTENDEE:mailto:OTTO@example.org"


def named(summary: str, uid: str = "a") -> bytes:
    return file(f"UID:{uid} DTSTART:20261201T080000Z DURATION:P1D SUMMARY:§").replace("§".encode(), summary.encode())


def who(found: Schedule, content: bytes) -> str:
    """The user name that is found, or the words of why not."""
    seen = preview(schedule=found, content=content, now=NOW)
    return seen.planned[0].user.username if seen.planned else seen.faults[0][1]


def test_an_attendee_is_found_by_address(ada: User, otto: User) -> None:
    assert who(schedule(layer(ada)), file(BY_ADDRESS)) == "otto"


def test_a_summary_is_a_user_name_a_full_name_or_an_address_alone_or_beside_other_words(ada: User, otto: User) -> None:
    otto.first_name, otto.last_name = "Otto", "Lilienthal"
    otto.save()
    found = schedule(layer(ada))
    for summary in (
        "OTTO",
        "Otto Lilienthal",
        "otto@example.org",
        "On call: otto",
        "Otto Lilienthal - Web",
        "otto on call: Web",
    ):
        assert who(found, named(summary)) == "otto"


def test_nobody_and_several_people_are_told_by_line(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    assert "Nobody here goes by “Grace”" in who(found, named("Grace"))
    assert "several people (ada, otto)" in who(found, named("ada - otto"))


def test_accounts_that_are_off_are_not_found(ada: User, otto: User) -> None:
    User.objects.filter(pk=otto.pk).update(is_active=False)
    assert "Nobody" in who(schedule(layer(ada)), file(BY_ADDRESS))


def test_a_preview_stores_nothing(ada: User, otto: User) -> None:
    preview(schedule=schedule(layer(ada)), content=file(BY_ADDRESS), now=NOW)
    assert not Override.objects.exists()


def test_an_import_puts_the_people_on_call_and_is_one_event(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    overrides_import(schedule=found, content=file(BY_ADDRESS), now=NOW, by=ada)
    assert on_call(found, DECEMBER) == [otto]
    event = Event.objects.get(kind="alerts.schedule.imported")
    assert event.payload == {"by": "ada", "new": 1, "changed": 0, "left_out": 0}


def test_the_same_file_twice_makes_nothing_twice(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    for _ in range(2):
        done = overrides_import(schedule=found, content=file(BY_ADDRESS), now=NOW)
    assert (Override.objects.count(), done.count("as it was")) == (1, 1)


def test_an_entry_that_moved_moves_its_override(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    overrides_import(schedule=found, content=file(BY_ADDRESS), now=NOW)
    overrides_import(schedule=found, content=file(BY_ADDRESS.replace("20261201", "20261205")), now=NOW)
    assert [f"{one.starts_at:%m-%d}" for one in Override.objects.all()] == ["12-05"]
