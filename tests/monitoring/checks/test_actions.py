"""Every door writes through these."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from monitoring.checks import actions
from monitoring.checks.models import Check, CheckSchedule, DatabaseTarget, Service
from monitoring.events.models import Event
from tests.monitoring.checks.doors import sample_kind, save, shop

__all__ = ["sample_kind", "shop"]

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def errors_of(raised: pytest.ExceptionInfo[ValidationError]) -> dict[str, list[str]]:
    return raised.value.message_dict


def test_a_new_service_begins_pending_with_a_slug_of_its_name(shop: Service) -> None:
    assert (shop.slug, shop.state.status) == ("shop", "pending")


def test_a_taken_slug_is_numbered() -> None:
    actions.service_save(name="Shop")
    assert actions.service_save(name="Shop!").slug == "shop-2"


def test_a_name_that_is_taken_is_refused_by_field(shop: Service) -> None:
    with pytest.raises(ValidationError) as raised:
        actions.service_save(name="Shop", slug="other")
    assert list(errors_of(raised)) == ["name"]


def test_a_label_that_is_not_text_is_refused(shop: Service) -> None:
    with pytest.raises(ValidationError) as raised:
        actions.service_save(service=shop, name="Shop", labels={"env": 3})  # type: ignore[dict-item]
    assert "env: give a text" in errors_of(raised)["labels"][0]


def test_dependencies_that_go_round_are_refused_with_the_way_named(shop: Service) -> None:
    base = actions.service_save(name="Base", depends_on=[shop])
    with pytest.raises(ValidationError) as raised:
        actions.service_save(service=shop, name="Shop", depends_on=[base])
    assert "shop → base → shop" in errors_of(raised)["depends_on"][0]


def test_a_service_may_not_depend_on_itself(shop: Service) -> None:
    with pytest.raises(ValidationError, match="shop → shop"):
        actions.service_save(service=shop, name="Shop", depends_on=[shop])


def test_saving_the_same_again_writes_no_event(shop: Service) -> None:
    before = Event.objects.count()
    actions.service_save(service=shop, name="Shop", depends_on=[])
    assert Event.objects.count() == before


def test_a_service_by_url_has_a_page_and_a_certificate_check() -> None:
    service = actions.service_by_url(name="Shop", url="https://shop.example.com/")
    assert {check.kind for check in service.checks.all()} == {"http", "tls"}


def test_a_service_by_a_wrong_url_leaves_nothing_behind() -> None:
    with pytest.raises(ValidationError, match="http://"):
        actions.service_by_url(name="Shop", url="ftp://shop.example.com/")
    assert not Service.objects.exists()


@time_machine.travel(NOON, tick=False)
def test_a_new_check_is_due_now_and_pending(shop: Service) -> None:
    check = save(shop)
    assert (check.schedule.next_check_at, check.state.status) == (NOON, "pending")


def test_a_new_check_begins_with_the_thresholds_of_its_kind(shop: Service) -> None:
    assert save(shop).thresholds == [{"value": "wait_seconds", "comparator": "gt", "degraded": 1.0, "down": 5.0}]


def test_secrets_are_sealed_apart_from_the_settings(shop: Service) -> None:
    check = save(shop)
    assert check.settings == {"host": "a", "port": 80}
    assert "hunter2" not in check.sealed_secrets
    assert actions.full_settings(check) == {"host": "a", "port": 80, "password": "hunter2"}


def test_an_empty_secret_stays_as_it_was(shop: Service) -> None:
    edited = save(shop, check=save(shop), settings={"host": "b", "password": ""})
    assert actions.full_settings(edited)["password"] == "hunter2"


def test_a_null_secret_is_forgotten(shop: Service) -> None:
    edited = save(shop, check=save(shop), settings={"host": "b", "password": None})
    assert edited.sealed_secrets == ""


def test_wrong_settings_are_named_by_path(shop: Service) -> None:
    with pytest.raises(ValidationError) as raised:
        save(shop, settings={"port": 0, "hots": "a"})
    assert list(errors_of(raised)) == ["settings.hots"]
    with pytest.raises(ValidationError) as raised:
        save(shop, settings={"port": 0})
    assert set(errors_of(raised)) == {"settings.host", "settings.port"}


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"value": "nonsense", "comparator": "gt", "down": 1}, "thresholds.0.value"),
        ({"value": "wait_seconds", "comparator": ">", "down": 1}, "thresholds.0.comparator"),
        ({"value": "wait_seconds", "comparator": "gt", "down": "much"}, "thresholds.0.down"),
        ({"value": "wait_seconds", "comparator": "gt", "down": "nan"}, "thresholds.0.down"),
        ({"value": "wait_seconds", "comparator": "gt", "degraded": 5, "down": 1}, "thresholds.0.down"),
        ({"value": "free_ratio", "comparator": "lt", "degraded": 0.1, "down": 0.2}, "thresholds.0.down"),
        ({"value": "wait_seconds", "comparator": "gt"}, "thresholds.0"),
        ({"value": "wait_seconds", "comparator": "gt", "down": 1, "up": 0}, "thresholds.0.up"),
        ("wait_seconds > 1", "thresholds.0"),
    ],
)
def test_a_wrong_threshold_is_named_by_its_place(shop: Service, row: Any, place: str) -> None:
    with pytest.raises(ValidationError) as raised:
        save(shop, thresholds=[row])
    assert list(errors_of(raised)) == [place]


def test_a_threshold_may_name_one_series_of_a_labelled_value(shop: Service) -> None:
    row = {"value": 'free_ratio{mount="/"}', "comparator": "lt", "degraded": 0.2, "down": None}
    assert save(shop, thresholds=[row]).thresholds == [row]


def test_an_edit_raises_the_revision_and_makes_the_check_due(shop: Service) -> None:
    check = save(shop)
    CheckSchedule.objects.update(next_check_at=None)
    edited = save(shop, check=check, interval_s=5)
    assert edited.revision == 2
    assert CheckSchedule.objects.get().next_check_at is not None


def test_an_edit_that_changes_nothing_leaves_the_revision(shop: Service) -> None:
    assert save(shop, check=save(shop)).revision == 1


def test_a_disabled_check_is_not_scheduled(shop: Service) -> None:
    save(shop, check=save(shop), enabled=False)
    assert CheckSchedule.objects.get().next_check_at is None


def test_a_check_keeps_its_kind(shop: Service) -> None:
    with pytest.raises(ValidationError, match="keeps its kind"):
        save(shop, check=save(shop), kind="http", settings={})


def test_an_unknown_kind_is_refused_with_the_known_ones(shop: Service) -> None:
    with pytest.raises(ValidationError, match="'nonsense' is not one of http"):
        save(shop, kind="nonsense")


def test_a_retry_longer_than_the_interval_is_refused_by_field(shop: Service) -> None:
    with pytest.raises(ValidationError) as raised:
        save(shop, interval_s=5, retry_interval_s=6)
    assert list(errors_of(raised)) == ["retry_interval_s"]


def test_a_clone_has_the_secrets_and_is_switched_off(shop: Service) -> None:
    copy = actions.check_clone(check=save(shop))
    assert (copy.name, copy.slug, copy.enabled) == ("Home (copy)", "home-copy", False)
    assert actions.full_settings(copy)["password"] == "hunter2"


def test_a_paused_check_waits_until_the_end_of_the_pause(shop: Service) -> None:
    check = save(shop)
    until = datetime(2999, 1, 1, tzinfo=UTC)
    assert actions.checks_pause(checks=[check], until=until) == 1
    assert CheckSchedule.objects.get().next_check_at == until


def test_a_check_paused_until_resumed_is_not_scheduled_and_resumes_at_once(shop: Service) -> None:
    check = save(shop)
    actions.checks_pause(checks=[check], until=None)
    assert CheckSchedule.objects.get().next_check_at is None
    actions.checks_resume(checks=[check])
    assert CheckSchedule.objects.get().next_check_at is not None


@time_machine.travel(NOON, tick=False)
def test_run_now_leaves_paused_checks_alone(shop: Service) -> None:
    home, other = save(shop), save(shop, name="Other")
    actions.checks_pause(checks=[other], until=None)
    assert actions.checks_run_now(checks=[home, other]) == 1


def test_changes_are_events_that_name_the_person_and_no_secret(shop: Service, ada: Any) -> None:
    save(shop, by=ada)
    event = Event.objects.get(kind="config.check.created")
    assert event.summary == "Check Shop / Home was added by ada"
    assert "secrets" in event.payload["changed"]
    assert "hunter2" not in str(event.payload)


def test_a_deleted_service_takes_its_checks_with_it(shop: Service) -> None:
    save(shop)
    actions.service_delete(service=shop)
    assert not Check.objects.exists()
    assert Event.objects.get(kind="config.service.deleted").payload["checks"] == ["home"]


def test_a_maintenance_window_that_ends_before_it_starts_is_refused(shop: Service) -> None:
    with pytest.raises(ValidationError) as raised:
        actions.maintenance_save(service=shop, starts_at=NOON, ends_at=NOON, reason="move")
    assert list(errors_of(raised)) == ["ends_at"]


def test_the_dsn_of_a_database_is_sealed_and_kept_when_empty() -> None:
    target = actions.database_target_save(name="Main", dsn="postgresql://u:hunter2@db/main")
    again = actions.database_target_save(name="Main DB", dsn="", target=target)
    assert again.sealed_dsn == target.sealed_dsn
    assert "hunter2" not in again.sealed_dsn


def test_a_wrong_dsn_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValidationError) as raised:
        actions.database_target_save(name="Main", dsn="postgresql://u:hunter2@db:port/main?nonsense=1")
    assert list(errors_of(raised)) == ["dsn"]
    assert "hunter2" not in str(raised.value)
    assert not DatabaseTarget.objects.exists()


SECRET_PLACE = {"url": "http://shop:8000/a", "auth": "bearer", "token": "hunter2"}


@pytest.mark.parametrize("url", ["http://evil:8000/a", "http://shop:8001/a", "https://shop:8000/a"])
def test_a_stored_secret_does_not_follow_a_check_to_another_place(shop: Service, url: str) -> None:
    check = actions.check_save(service=shop, kind="http", name="Door", settings=SECRET_PLACE)
    with pytest.raises(ValidationError, match="Give this again") as raised:
        actions.check_save(
            service=shop, kind="http", name="Door", check=check, settings=SECRET_PLACE | {"url": url, "token": ""}
        )
    assert list(raised.value.message_dict) == ["settings.token"]


@pytest.mark.parametrize(
    "edit", [{"url": "http://shop:8000/b", "token": ""}, {"url": "http://new:1/", "token": "hunter2"}]
)
def test_it_stays_on_another_page_of_that_place_and_can_be_given_again(shop: Service, edit: dict[str, str]) -> None:
    check = actions.check_save(service=shop, kind="http", name="Door", settings=SECRET_PLACE)
    check = actions.check_save(service=shop, kind="http", name="Door", check=check, settings=SECRET_PLACE | edit)
    assert actions.full_settings(check)["token"] == "hunter2"
