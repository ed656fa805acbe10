"""The admin's door: every write is an action, secrets never come out, lists take a constant number of statements."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from monitoring.checks import actions
from monitoring.checks.kinds import kinds
from monitoring.checks.models import Check, CheckSchedule, CheckState, DatabaseTarget, Service, StatusChange
from monitoring.events.models import Event
from security.access.models import User
from tests.monitoring.checks.doors import home, sample_kind, save, shop

__all__ = ["home", "sample_kind", "shop"]

pytestmark = pytest.mark.django_db
ADD = "/admin/checks/check/add/?kind=sample"


def filled(service: Service, **changes: Any) -> dict[str, Any]:
    """What the browser sends for a check of the sample kind."""
    data = {
        "service": service.pk,
        "name": "Home",
        "settings_host": "a",
        "settings_port": 80,
        "settings_password": "hunter2",
        "thresholds_0_value": "wait_seconds",
        "thresholds_0_comparator": "gt",
        "thresholds_0_degraded": "1",
        "thresholds_0_down": "5",
        "interval_s": 30,
        "timeout_s": 10,
        "failures_before_down": 2,
        "successes_before_up": 1,
        "impact": "decides",
        "enabled": "on",
    }
    return data | changes


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def change(check: Check) -> str:
    return f"/admin/checks/check/{check.pk}/change/"


def test_a_service_is_added_by_its_url(ada_client: Client) -> None:
    answer = ada_client.post("/admin/checks/service/by-url/", {"name": "Shop", "url": "https://shop.example.com/"})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert {check.kind for check in Service.objects.get().checks.all()} == {"http", "tls"}


def test_a_service_by_a_wrong_url_says_what_to_write(ada_client: Client) -> None:
    answer = ada_client.post("/admin/checks/service/by-url/", {"name": "Shop", "url": "shop"})
    assert "begins with http://" in answer.content.decode()


def test_a_service_is_saved_with_labels_and_dependencies(ada_client: Client, shop: Service) -> None:
    data = {"name": "Till", "criticality": "high", "labels": "env=prod\nteam=web", "depends_on": [shop.pk]}
    answer = ada_client.post("/admin/checks/service/add/", data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    till = Service.objects.get(slug="till")
    assert till.labels == {"env": "prod", "team": "web"}
    assert [other.slug for other in till.depends_on.all()] == ["shop"]


def test_a_circle_is_shown_at_its_field(ada_client: Client, shop: Service) -> None:
    base = actions.service_save(name="Base", depends_on=[shop])
    data = {"name": "Shop", "slug": "shop", "criticality": "normal", "depends_on": [base.pk]}
    answer = ada_client.post(f"/admin/checks/service/{shop.pk}/change/", data)
    assert "shop → base → shop" in str(answer.context["adminform"].form.errors["depends_on"])


def test_the_kind_of_a_new_check_is_chosen_first(ada_client: Client) -> None:
    text = page(ada_client, "/admin/checks/check/add/")
    assert "?kind=sample" in text
    assert "Answers what it was told to answer." in text


def test_a_new_check_begins_with_the_defaults_of_its_kind(ada_client: Client) -> None:
    form = ada_client.get("/admin/checks/check/add/?kind=heartbeat").context["adminform"].form
    assert form["failures_before_down"].value() == 1
    assert form["timeout_s"].value() == 10


def test_a_check_is_added_with_the_settings_of_its_kind(ada_client: Client, shop: Service) -> None:
    answer = ada_client.post(ADD, filled(shop))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    check = Check.objects.get()
    assert actions.full_settings(check) == {"host": "a", "port": 80, "password": "hunter2"}
    assert check.thresholds == [{"value": "wait_seconds", "comparator": "gt", "degraded": 1.0, "down": 5.0}]
    assert Event.objects.get(kind="config.check.created").payload["by"] == "ada"


def test_faults_are_shown_at_their_fields(ada_client: Client, shop: Service) -> None:
    answer = ada_client.post(ADD, filled(shop, settings_port=0, thresholds_0_down="0.5"))
    assert list(answer.context["adminform"].form.errors) == ["settings_port"]
    answer = ada_client.post(ADD, filled(shop, thresholds_0_down="0.5"))
    assert list(answer.context["adminform"].form.errors) == ["thresholds_0_down"]
    assert not Check.objects.exists()


def test_a_row_without_a_value_is_left_out_and_the_next_keeps_its_place(ada_client: Client, shop: Service) -> None:
    rows = {"thresholds_0_value": "", "thresholds_0_degraded": "", "thresholds_0_down": ""}
    wrong = {"thresholds_1_value": "free_ratio", "thresholds_1_comparator": "lt"}
    answer = ada_client.post(ADD, filled(shop, **rows, **wrong))
    assert list(answer.context["adminform"].form.errors) == ["thresholds_1_value"]


def test_a_stored_secret_is_said_to_be_stored_and_never_shown(ada_client: Client, home: Check) -> None:
    text = page(ada_client, change(home))
    assert "hunter2" not in text
    assert "stored; leave empty to keep it" in text


def test_an_edit_with_an_empty_secret_keeps_it(ada_client: Client, home: Check) -> None:
    answer = ada_client.post(change(home), filled(home.service, slug="home", settings_host="b", settings_password=""))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    home.refresh_from_db()
    assert actions.full_settings(home) == {"host": "b", "port": 80, "password": "hunter2"}
    assert home.revision == 2


def test_a_secret_is_forgotten_on_demand(ada_client: Client, home: Check) -> None:
    ada_client.post(change(home), filled(home.service, slug="home", settings_password="", forget_password="on"))
    home.refresh_from_db()
    assert home.sealed_secrets == ""


def test_a_trial_shows_what_was_seen_and_saves_nothing(ada_client: Client, shop: Service) -> None:
    answer = ada_client.post(ADD, filled(shop, _try="1"))
    text = answer.content.decode()
    assert "Degraded: Wait is 2 s, above 1 s. a answered" in text
    assert not Check.objects.exists()


def test_a_trial_of_wrong_values_says_what_is_wrong(ada_client: Client, shop: Service) -> None:
    answer = ada_client.post(ADD, filled(shop, _try="1", settings_port=0))
    assert "settings_port" in answer.context["adminform"].form.errors
    assert answer.context["seen"] is None


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("run_now", "1 due now"),
        ("pause_hour", "1 paused until"),
        ("pause_until_resumed", "1 paused."),
        ("clone", "1 cl"),
    ],
)
def test_actions_of_the_list_say_what_they_did(ada_client: Client, home: Check, name: str, word: str) -> None:
    answer = ada_client.post("/admin/checks/check/", {"action": name, "_selected_action": [home.pk]}, follow=True)
    assert word in answer.content.decode()


def test_a_paused_check_is_resumed_from_the_list(ada_client: Client, home: Check) -> None:
    actions.checks_pause(checks=[home], until=None)
    ada_client.post("/admin/checks/check/", {"action": "resume", "_selected_action": [home.pk]})
    assert CheckSchedule.objects.get().next_check_at is not None


def test_an_operator_may_run_but_not_add_checks(otto_client: Client, home: Check) -> None:
    text = page(otto_client, "/admin/checks/check/")
    assert 'value="run_now"' in text
    assert 'value="clone"' not in text
    assert otto_client.get(ADD).status_code == 403


def test_people_without_the_permission_do_not_get_in(vera_client: Client, mallory_client: Client, home: Check) -> None:
    for client in (vera_client, mallory_client):
        assert client.get("/admin/checks/check/").status_code in (302, 403)


def test_the_list_shows_status_in_words_and_filters(ada_client: Client, home: Check) -> None:
    CheckState.objects.update(status="down", last_summary="Connection refused")
    text = page(ada_client, "/admin/checks/check/?state__status__exact=down")
    assert "Connection refused" in text
    assert "dangerous" in text
    assert "Connection refused" not in page(ada_client, "/admin/checks/check/?state__status__exact=up")


@pytest.mark.parametrize("path", ["/admin/checks/check/", "/admin/checks/service/"])
def test_a_long_list_takes_no_more_statements_than_a_short_one(
    ada_client: Client, home: Check, path: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(30) as short:
        page(ada_client, path)
    for number in range(20):
        save(actions.service_save(name=f"Service {number}"))
    with django_assert_max_num_queries(len(short)):
        page(ada_client, path)


def test_a_database_in_use_is_not_deleted(ada_client: Client, shop: Service) -> None:
    target = actions.database_target_save(name="Main", dsn="postgresql://u:hunter2@db/main")
    check = save(shop)
    Check.objects.filter(pk=check.pk).update(settings={"database": "main"})
    text = ada_client.post(f"/admin/checks/databasetarget/{target.pk}/delete/", {"post": "yes"}).content.decode()
    assert "Shop / Home" in text
    assert DatabaseTarget.objects.exists()


def test_a_dsn_is_not_shown_again(ada_client: Client) -> None:
    data = {"name": "Main", "dsn": "postgresql://u:hunter2@db/main"}
    assert ada_client.post("/admin/checks/databasetarget/add/", data).status_code == 302
    target = DatabaseTarget.objects.get()
    assert "hunter2" not in page(ada_client, f"/admin/checks/databasetarget/{target.pk}/change/")


def test_a_maintenance_window_is_planned(otto_client: Client, shop: Service) -> None:
    span = {"starts_at_0": "2030-01-01", "starts_at_1": "00:00", "ends_at_0": "2030-01-01", "ends_at_1": "01:00"}
    answer = otto_client.post("/admin/checks/maintenancewindow/add/", {"service": shop.pk, "reason": "move", **span})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert [str(window.created_by) for window in shop.maintenance_windows.all()] == ["otto"]


def test_deleting_from_the_list_is_an_action_too(ada_client: Client, home: Check) -> None:
    ada_client.post("/admin/checks/check/", {"action": "delete_selected", "_selected_action": [home.pk], "post": "yes"})
    assert Event.objects.filter(kind="config.check.deleted").exists()


def test_records_are_for_looking_at(ada_client: Client, home: Check) -> None:
    change_made = StatusChange.objects.create(
        time=home.created_at, service_id=home.service_id, check_id=home.pk, before="up", after="down", evidence={"a": 1}
    )
    path = f"/admin/checks/statuschange/{change_made.pk}/change/"
    assert "&quot;a&quot;: 1" in page(ada_client, path)
    assert ada_client.post(path, {"summary": "x"}).status_code == 403
    page(ada_client, "/admin/checks/statuschange/")
    page(ada_client, "/admin/metrics/series/")


def test_the_page_of_a_heartbeat_shows_where_to_ping(ada_client: Client, shop: Service) -> None:
    check = actions.check_save(service=shop, kind="heartbeat", name="Backup", settings={"every_s": 3600})
    assert f"/ping/{check.heartbeat_key.key}" in page(ada_client, change(check))


@pytest.mark.parametrize("kind", [kind.name for kind in kinds()])
def test_every_kind_has_a_page_to_add_it(ada_client: Client, kind: str) -> None:
    assert "settings_" in page(ada_client, f"/admin/checks/check/add/?kind={kind}")
    assert 'name="thresholds_0_value"' in page(ada_client, f"/admin/checks/check/add/?kind={kind}")


def test_machines_are_listed(ada_client: Client) -> None:
    page(ada_client, "/admin/checks/machine/")


def test_a_person_who_may_only_look_sees_a_check_without_its_secrets(mallory: Any, home: Check) -> None:
    mallory.user_permissions.set(Permission.objects.filter(codename__in=["view_check", "view_service"]))
    User.objects.filter(pk=mallory.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=mallory.pk))
    text = page(client, change(home))
    assert "host: a" in text
    assert "hunter2" not in text
    assert "Test this check" not in text
    assert client.post(change(home), filled(home.service)).status_code == 403


@pytest.mark.parametrize("service", ["abc", "99999999999999999999", "-1", "\u0663"])
def test_a_service_in_the_address_that_cannot_be_is_left_out(ada_client: Client, service: str) -> None:
    assert ada_client.get(f"{ADD}&service={service}").status_code == 200


def test_the_windows_list_does_not_name_every_service(ada_client: Client, shop: Service) -> None:
    Service.objects.bulk_create(Service(name=f"Service {n}", slug=f"s-{n}") for n in range(50))
    page = ada_client.get("/admin/checks/maintenancewindow/").content.decode()
    assert "Service 49" not in page
