"""The OpenAPI document is exact: it validates without a warning, and what the API answers is what it says.

`SCHEMATHESIS_EXAMPLES=200` (`make schemathesis`) looks longer.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis import checks

from alerts.delivery.actions import Target, channel_save, deliver
from alerts.delivery.messages import Message
from alerts.incidents import actions as incidents
from alerts.incidents.models import Alert, Incident
from alerts.oncall import actions as oncall
from alerts.rules import actions as rules
from alerts.rules.models import RuleState
from monitoring.checks import actions
from monitoring.checks.models import StatusChange
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from security.access.actions import api_token_create
from security.access.models import User
from tests import people
from tests.alerts import escalation_estate
from tests.alerts.escalation_estate import escalation_paths

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.ignored_auth,
]
Case = schemathesis.Case[Any]
PATIENCE = hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

RULE_BODIES: dict[str, dict[str, Any]] = {
    "rules": {
        "kind": "metric",
        "expression": "up",
        "comparator": "gt",
        "threshold": 1.5,
        "recovery_threshold": None,
    }
    | {
        "settings": {},
        "labels": {"team": "shop"},
        "annotations": {},
        "policy": None,
        "group": None,
        "on_no_data": "ok",
    },
    "recording-rules": {"record": "a:b", "expression": "up", "labels": {}},
    "rule-groups": {"labels": {"team": "shop"}},
}
SCHEDULE_BODIES: dict[str, dict[str, Any]] = {
    "teams": {"members": ["ada"]},
    "schedules": {
        "time_zone": "Europe/Vienna",
        "layers": [{"name": "Primary", "starts_at": "2026-11-23T12:00:00Z", "members": ["ada"]}],
    },
    "overrides": {
        "schedule": "web",
        "user": "ada",
        "starts_at": "2026-11-23T12:00:00Z",
        "ends_at": "2026-12-01T00:00:00Z",
    },
}


@pytest.fixture(autouse=True)
def no_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = dict.fromkeys(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "1000000/second")
    monkeypatch.setattr("opsportal.api.throttling.api_settings.DEFAULT_THROTTLE_RATES", rates)


@pytest.fixture
def authorization(db: None) -> dict[str, str]:
    """An administrator's token."""
    _, token = api_token_create(user=people.person(people.ADA), name="schemathesis")
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Estate:
    """What leads somewhere, by collection: path parameters, and parts of a body that make it a sensible one."""

    paths: dict[str, dict[str, Any]]
    bodies: dict[str, dict[str, Any]]

    def aim(self, case: Case) -> None:
        """Point a generated request at what exists."""
        collection = case.path.split("/")[3]
        known = self.paths.get(collection, {})
        case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        if isinstance(case.body, dict) and not case.path.endswith("/pause/"):
            case.body = case.body | self.bodies.get(collection, {})


@pytest.fixture
def estate(authorization: dict[str, str]) -> Estate:
    shop = actions.service_save(name="Shop", labels={"env": "prod"})
    door = {"kind": "tcp", "settings": {"host": "127.0.0.1", "port": 1}, "thresholds": []}
    check = actions.check_save(service=shop, name="Door", **door)  # type: ignore[arg-type]
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    window = actions.maintenance_save(service=shop, starts_at=noon, ends_at=noon + timedelta(hours=1), reason="Move")
    actions.database_target_save(name="Main", dsn="postgresql://db/main")
    event = event_emit(kind="a.b", severity=Severity.INFO, subject="service:shop", summary="Something")
    hook = channel_save(kind="webhook", name="Hook", settings={"url": "https://hooks.example/"})
    told = Message(kind="firing", title="Disk full", subject="incident:1")
    sent = deliver(key="k", message=told, target=Target(hook), why="On call", now=noon)
    change = StatusChange.objects.create(time=noon, service_id=shop.pk, check_id=check.pk, before="up", after="down")
    return Estate(
        paths={
            "services": {"slug": "shop"},
            "checks": {"id": check.pk},
            "kinds": {"kind": "tcp"},
            "maintenance-windows": {"id": window.pk},
            "database-targets": {"slug": "main"},
            "events": {"id": event.pk},
            "status-changes": {"id": change.pk},
            **rule_paths(),
            **incident_paths(),
            **schedule_paths(),
            **escalation_paths(User.objects.get(username=people.ADA), noon),
            "channels": {"slug": "hook"},
            "channel-kinds": {"kind": "webhook"},
            "deliveries": {"id": sent.pk},
        },
        bodies={
            "services": {"depends_on": []},
            "checks": {"service": "shop", "timeout_s": 1.5, "retry_interval_s": None, **door},
            "maintenance-windows": {
                "service": "shop",
                "starts_at": noon.isoformat(),
                "ends_at": "2030-01-01T00:00:00Z",
            },
            "database-targets": {"dsn": "postgresql://db/other"},
            **RULE_BODIES,
            "channels": {"kind": "webhook", "settings": {"url": "https://hooks.example/"}},
            **escalation_estate.BODIES,
            **SCHEDULE_BODIES,
        },
    )


def schedule_paths() -> dict[str, dict[str, Any]]:
    """An on-call schedule, a team and an override."""
    start = datetime(2026, 11, 23, tzinfo=UTC)
    layer = {"name": "Primary", "starts_at": start, "members": User.objects.filter(username=people.ADA)}
    schedule = oncall.schedule_save(name="Web", layers=[layer])
    team = oncall.team_save(name="Operations")
    override = oncall.override_save(schedule=schedule, user=None, starts_at=start, ends_at=start + timedelta(hours=1))
    return {"schedules": {"slug": schedule.slug}, "teams": {"slug": team.slug}, "overrides": {"id": override.pk}}


def incident_paths() -> dict[str, dict[str, Any]]:
    """An incident with its alert, a silence, and what decides over alerts."""
    now = timezone.now()
    incident = Incident.objects.create(title="Disk full", severity="info", opened_at=now, joined_at=now, updated_at=now)
    times = {"starts_at": now, "ends_at": now, "updated_at": now}
    alert = Alert.objects.create(identity="x", labels={"alertname": "DiskFull"}, source="test", **times)
    ends_at = now + timedelta(days=1)
    silence = incidents.silence_save(
        matchers=["a=b"], starts_at=None, ends_at=ends_at, comment="c", by=None, created_by="x", now=now
    )
    receiver = incidents.receiver_save(name="Everybody")
    root = incidents.route_save(receiver=receiver)
    rule = incidents.inhibition_save(name="r", source_matchers=["a=b"], target_matchers=["a=c"])
    interval = incidents.interval_save(name="i", intervals=[])
    plan = incidents.maintenance_save(name="p", matchers=["a=b"], recurrence="0 3 * * *", first_at=now, duration_s=3600)
    numbered = {
        "incidents": incident, "alerts": alert, "routes": root, "receivers": receiver, "inhibition-rules": rule,
        "time-intervals": interval, "maintenances": plan,
        "integration-keys": incidents.integration_key_save(name="k", kind="json", now=now)[0],
    }  # fmt: skip
    found: dict[str, dict[str, Any]] = {name: {"id": item.pk} for name, item in numbered.items()}
    return found | {"silences": {"uuid": str(silence.uuid)}, "incident-settings": {"id": 1}}


def rule_paths() -> dict[str, dict[str, Any]]:
    """A rule, a group with a recording rule, and a state."""
    now = timezone.now()
    group = rules.group_save(name="shop", now=now)
    recording = rules.recording_save(group=group, record="a:b", expression="up", now=now)
    rule = rules.rule_save(name="Down", slug="down", kind="metric", expression="up == 0", now=now)
    state = RuleState.objects.create(rule=rule, identity="x", labels={}, phase="firing", since=now)
    return {
        "rules": {"slug": "down"},
        "rule-groups": {"id": group.pk},
        "recording-rules": {"id": recording.pk},
        "rule-kinds": {"kind": "metric"},
        "rule-states": {"id": state.pk},
    }


@pytest.fixture
def app(settings: Any) -> Iterator[Any]:
    """The real WSGI application, on the test's own connection: requests must not close it."""
    settings.ALLOWED_HOSTS = ["*"]
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api_schema(app: Any, authorization: dict[str, str]) -> Any:
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", app, headers=authorization)


def test_the_document_validates_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_answers_are_what_the_document_says(api_schema: Any, authorization: Any, estate: Estate) -> None:
    """Every operation with generated requests, and again aimed at what exists."""
    failures = []
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @PATIENCE
        @seed(20261123)
        @given(case=operation.as_strategy())
        def ask(case: Case) -> None:
            for aim in (lambda case: None, estate.aim):
                aim(case)
                whole = transaction.savepoint()
                try:
                    case.call_and_validate(headers=authorization, checks=CHECKS)
                finally:  # each request finds the estate whole, also after a statement that PostgreSQL refused
                    transaction.savepoint_rollback(whole)

        try:
            ask()
        except (AssertionError, BaseExceptionGroup) as error:
            failures.append(f"{operation.label}: {error!r}\n{getattr(error, 'exceptions', '')}")
    assert not failures, "\n\n".join(failures)
