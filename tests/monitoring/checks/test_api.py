"""The door under /api/v1/."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from monitoring.checks import actions
from monitoring.checks.models import Check, Service, StatusChange
from monitoring.metrics.store import Sample, labels_of, write
from tests.monitoring.checks.doors import api_of, home, sample_kind, save, shop

__all__ = ["home", "sample_kind", "shop"]

pytestmark = pytest.mark.django_db
SAMPLE = {"service": "shop", "kind": "sample", "name": "Home", "settings": {"host": "a", "password": "hunter2"}}


def test_a_service_is_made_and_shown_with_its_state(ada: Any) -> None:
    answer = api_of(ada).post("/api/v1/services/", {"name": "Shop", "labels": {"env": "prod"}})
    assert answer.status_code == 201, answer.data
    assert (answer.data["slug"], answer.data["state"]["status"]) == ("shop", "pending")


def test_a_circle_of_dependencies_is_refused_by_field(ada: Any, shop: Service) -> None:
    actions.service_save(name="Base", depends_on=[shop])
    answer = api_of(ada).patch("/api/v1/services/shop/", {"depends_on": ["base"]})
    assert answer.status_code == 400
    assert "shop → base → shop" in answer.json()["errors"]["depends_on"][0]


def test_putting_the_same_again_changes_nothing(ada: Any, shop: Service) -> None:
    client = api_of(ada)
    first = client.post("/api/v1/checks/", SAMPLE)
    again = client.put(f"/api/v1/checks/{first.data['id']}/", SAMPLE)
    assert again.status_code == 200, again.data
    assert again.data["revision"] == 1


def test_a_secret_goes_in_and_never_comes_out(ada: Any, shop: Service) -> None:
    answer = api_of(ada).post("/api/v1/checks/", SAMPLE)
    assert answer.data["secrets_stored"] == ["password"]
    assert "hunter2" not in answer.content.decode()
    assert actions.full_settings(Check.objects.get())["password"] == "hunter2"


def test_wrong_settings_are_named_by_path(ada: Any, shop: Service) -> None:
    answer = api_of(ada).post("/api/v1/checks/", SAMPLE | {"settings": {"host": "a", "port": 0}})
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == ["settings.port"]


def test_a_wrong_threshold_is_named_by_its_place(ada: Any, shop: Service) -> None:
    row = {"value": "nonsense", "comparator": "gt", "down": 1}
    answer = api_of(ada).post("/api/v1/checks/", SAMPLE | {"thresholds": [row]})
    assert list(answer.json()["errors"]) == ["thresholds.0.value"]


def test_a_patch_leaves_the_rest_as_it_was(ada: Any, home: Check) -> None:
    answer = api_of(ada).patch(f"/api/v1/checks/{home.pk}/", {"interval_s": 7})
    assert (answer.data["interval_s"], answer.data["settings"]["host"]) == (7, "a")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("service=shop", 1),
        ("service=other", 0),
        ("kind=sample", 1),
        ("status=down", 0),
        ("enabled=false", 0),
        ("failing=false", 1),
        ("search=hom", 1),
    ],
)
def test_checks_are_filtered(vera: Any, home: Check, query: str, found: int) -> None:
    assert api_of(vera).get(f"/api/v1/checks/?{query}").data["count"] == found


def test_services_are_found_by_label(vera: Any) -> None:
    actions.service_save(name="Shop", labels={"env": "prod"})
    client = api_of(vera)
    assert client.get("/api/v1/services/?label=env=prod").data["count"] == 1
    assert client.get("/api/v1/services/?label=env=dev").data["count"] == 0
    assert client.get("/api/v1/services/?label=env").status_code == 400


def test_a_list_of_checks_takes_a_constant_number_of_statements(
    vera: Any, shop: Service, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        save(shop, name=f"Check {number}")
    client = api_of(vera)
    with django_assert_max_num_queries(6):
        assert len(client.get("/api/v1/checks/").data["results"]) == 20
    with django_assert_max_num_queries(6):
        client.get("/api/v1/services/")


def test_a_check_is_paused_resumed_run_and_cloned(otto: Any, ada: Any, home: Check) -> None:
    client, path = api_of(otto), f"/api/v1/checks/{home.pk}"
    assert client.post(f"{path}/pause/", {}).data["paused_until"].startswith("3000")
    assert client.post(f"{path}/run/").data == {"due": 0}
    assert client.post(f"{path}/resume/").data["paused_until"] is None
    assert client.post(f"{path}/run/").data == {"due": 1}
    assert client.post(f"{path}/clone/").status_code == 403
    assert api_of(ada).post(f"{path}/clone/").data["slug"] == "home-copy"


def test_a_pause_until_a_past_time_is_refused(otto: Any, home: Check) -> None:
    answer = api_of(otto).post(f"/api/v1/checks/{home.pk}/pause/", {"until": "2020-01-01T00:00:00Z"})
    assert list(answer.json()["errors"]) == ["until"]


def test_a_trial_says_what_it_saw_after_thresholds_and_stores_nothing(otto: Any, home: Check) -> None:
    seen = api_of(otto).post(f"/api/v1/checks/{home.pk}/test/").data
    assert (seen["status"], seen["cause"]) == ("degraded", "threshold")
    assert seen["values"]["wait_seconds"] == 2.0
    home.state.refresh_from_db()
    assert home.state.last_checked_at is None


def test_a_viewer_may_look_but_not_touch(vera: Any, home: Check) -> None:
    client = api_of(vera)
    assert client.get(f"/api/v1/checks/{home.pk}/").status_code == 200
    assert client.post(f"/api/v1/checks/{home.pk}/run/").status_code == 403
    assert client.delete(f"/api/v1/checks/{home.pk}/").status_code == 403
    assert client.post("/api/v1/services/", {"name": "x"}).status_code == 403


def test_a_person_without_a_role_sees_nothing(mallory: Any, home: Check) -> None:
    client = api_of(mallory)
    for path in ("checks", "services", "kinds", "events", "status-changes", "maintenance-windows", "database-targets"):
        assert client.get(f"/api/v1/{path}/").status_code == 403


def test_a_kind_tells_its_settings_values_and_defaults(vera: Any) -> None:
    kind = api_of(vera).get("/api/v1/kinds/sample/").data
    assert kind["settings"]["required"] == ["host"]
    assert kind["settings"]["properties"]["password"]["writeOnly"] is True
    assert [value["name"] for value in kind["values"]] == ["wait_seconds", "free_ratio"]


def test_a_dsn_goes_in_and_never_comes_out(ada: Any) -> None:
    client = api_of(ada)
    made = client.post("/api/v1/database-targets/", {"name": "Main", "dsn": "postgresql://u:hunter2@db/main"})
    assert made.status_code == 201, made.data
    assert set(made.data) == {"id", "name", "slug"}
    assert client.patch("/api/v1/database-targets/main/", {"name": "Main DB"}).data["name"] == "Main DB"


def test_a_maintenance_window_is_planned_and_cancelled(otto: Any, shop: Service) -> None:
    client = api_of(otto)
    span = {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T01:00:00Z"}
    made = client.post("/api/v1/maintenance-windows/", {"service": "shop", "reason": "move", **span})
    assert made.data["created_by"] == "otto"
    assert client.delete(f"/api/v1/maintenance-windows/{made.data['id']}/").status_code == 204


def test_changes_of_status_are_listed_with_their_evidence(vera: Any, home: Check) -> None:
    StatusChange.objects.create(
        time=home.created_at, service_id=home.service_id, check_id=home.pk, before="up", after="down", evidence={"a": 1}
    )
    found = api_of(vera).get("/api/v1/status-changes/?service=shop&of=check&after=down").data["results"]
    assert [change["evidence"] for change in found] == [{"a": 1}]


def test_series_of_an_unknown_value_are_refused(vera: Any, home: Check) -> None:
    answer = api_of(vera).get(f"/api/v1/checks/{home.pk}/series/?value=nonsense")
    assert "wait_seconds" in answer.json()["errors"]["value"][0]


def test_costly_calls_have_a_rate_of_their_own() -> None:
    assert "costly" in settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]


def test_the_ping_address_of_a_heartbeat_is_for_those_who_may_change_it(ada: Any, vera: Any, shop: Service) -> None:
    check = actions.check_save(service=shop, kind="heartbeat", name="Backup", settings={"every_s": 3600})
    path = f"/api/v1/checks/{check.pk}/"
    assert "/ping/" in api_of(ada).get(path).data["ping_url"]
    assert api_of(vera).get(path).data["ping_url"] is None


def test_the_values_of_a_check_are_shown_over_time(vera: Any, home: Check) -> None:
    labels = labels_of({"service": "shop", "check": "home"})
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    write([Sample("sample_wait_seconds", labels, noon + timedelta(seconds=second), 2.0) for second in range(3)])
    query = "value=wait_seconds&start=2026-11-23T12:00:00Z&end=2026-11-23T12:01:00Z&step_s=60"
    [series] = api_of(vera).get(f"/api/v1/checks/{home.pk}/series/?{query}").json()["series"]
    assert series["points"] == [{"time": "2026-11-23T12:00:00Z", "value": 2.0}]
    assert (series["value"], series["labels"]) == ("wait_seconds", {})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z", "start"),
        ("start=2020-01-01T00:00:00Z&end=2026-01-01T00:00:00Z&step_s=1", "step_s"),
        ("step_s=0", "step_s"),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_field(vera: Any, home: Check, query: str, field: str) -> None:
    answer = api_of(vera).get(f"/api/v1/checks/{home.pk}/series/?{query}")
    assert list(answer.json()["errors"]) == [field]


def test_uptime_is_told_for_the_usual_spans(vera: Any, home: Check) -> None:
    for path in ("services/shop", f"checks/{home.pk}"):
        spans = api_of(vera).get(f"/api/v1/{path}/uptime/").json()
        assert [span["span"] for span in spans] == ["24h", "7d", "30d", "90d"]
