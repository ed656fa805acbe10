"""Silences as people make, change and end them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from alerts.delivery.models import Channel
from alerts.incidents.actions import silence_expire, silence_preview, silence_save
from alerts.incidents.models import Silence
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.incidents.world import START, World

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def made(by: User | None, now: datetime = START, **changes: object) -> Silence:
    values: dict[str, object] = {
        "matchers": ["a=b"], "starts_at": None, "ends_at": START + HOUR, "comment": "known", "by": by, "now": now,
    }  # fmt: skip
    return silence_save(**(values | changes))  # type: ignore[arg-type]


def test_matchers_are_stored_as_they_are_always_written(ada: User) -> None:
    silence = made(ada, matchers=['{a=b, c=~"d|e"}', "f!=g"])
    assert silence.matchers == ['a="b"', 'c=~"d|e"', 'f!="g"']
    assert (silence.created_by, silence.user, silence.starts_at) == ("ada", ada, START)


def test_changed_matchers_end_the_silence_and_make_another(ada: User) -> None:
    first = made(ada)
    second = made(ada, silence=first, matchers=["a=c"], now=START + HOUR / 2)
    first.refresh_from_db()
    assert second.uuid != first.uuid
    assert first.ends_at == START + HOUR / 2


def test_a_new_end_or_comment_keeps_its_id(ada: User, otto: User) -> None:
    first = made(ada)
    again = made(otto, silence=first, ends_at=START + 2 * HOUR, comment="longer")
    assert (again.uuid, again.created_by, again.ends_at) == (first.uuid, "ada", START + 2 * HOUR)


def test_what_is_over_is_made_anew(ada: User) -> None:
    first = made(ada)
    again = made(ada, silence=first, ends_at=START + 3 * HOUR, now=START + 2 * HOUR)
    assert again.uuid != first.uuid
    assert again.starts_at == START + 2 * HOUR


def test_one_to_come_is_changed_in_place(ada: User) -> None:
    first = made(ada, starts_at=START + HOUR / 2)
    again = made(ada, silence=first, starts_at=START + HOUR / 4)
    assert (again.uuid, again.starts_at) == (first.uuid, START + HOUR / 4)


def test_nothing_changed_is_no_event(ada: User) -> None:
    first = made(ada)
    before = Event.objects.count()
    made(ada, silence=first)
    assert Event.objects.count() == before


def test_a_silence_is_ended_once(ada: User) -> None:
    silence = made(ada)
    assert silence_expire(silence=silence, by=ada, now=START + HOUR / 2)
    assert not silence_expire(silence=silence, by=ada, now=START + HOUR / 2)
    assert Event.objects.filter(kind="alerts.silence.expired").count() == 1


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("matchers", {"matchers": []}),
        ("matchers", {"matchers": ["a=~("]}),
        ("matchers", {"matchers": ["a=~.*"]}),
        ("matchers", {"matchers": ["nonsense"]}),
        ("matchers", {"matchers": [f"a{n}=b" for n in range(51)]}),
        ("comment", {"comment": "  "}),
        ("comment", {"comment": "x" * 10_001}),
        ("ends_at", {"ends_at": START}),
        ("ends_at", {"ends_at": START + HOUR, "starts_at": START + 2 * HOUR}),
        ("ends_at", {"ends_at": START + timedelta(days=400)}),
        ("ends_at", {"ends_at": datetime(2027, 1, 1)}),
    ],
)
def test_what_cannot_be_names_its_field(ada: User, field: str, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        made(ada, **changes)  # type: ignore[arg-type]
    assert list(refused.value.message_dict) == [field]


def test_a_silence_of_nobody_is_refused(db: None) -> None:
    with pytest.raises(ValidationError, match="Say who makes it"):
        made(None)


def test_somebody_without_an_account_is_named(db: None) -> None:
    assert made(None, created_by="amtool").created_by == "amtool"


def test_the_preview_says_what_would_be_quiet(world: World, hook: Channel) -> None:
    world.fire("DiskFull", service="shop", instance="a")
    world.fire("DiskFull", service="blog", instance="b")
    world.fire("LoadHigh", service="shop")
    found = silence_preview(["alertname=DiskFull", 'service=~"sh.*"'])
    assert (found.count, found.titles, found.services) == (1, ["DiskFull"], ["shop"])


def test_times_are_kept_to_the_zone_they_were_given_in(ada: User) -> None:
    assert made(ada, ends_at=datetime(2026, 3, 2, 12, tzinfo=UTC)).ends_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
