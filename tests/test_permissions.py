"""Every address by method by person. An address without a rule here fails: who may do what is decided, never left open.

Whoever may not is told so: a stranger is sent to the log-in (page) or gets 401 (API), anybody else 403. Writes are sent
empty, so whoever may write is told what is wrong, or it is done.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from alerts.delivery.models import Channel, ContactMethod, Delivery
from alerts.incidents.actions import integration_key_save, silence_save
from alerts.incidents.models import (
    Alert,
    Incident,
    InhibitionRule,
    Receiver,
    RecurringMaintenance,
    Route,
    TimeInterval,
)
from alerts.oncall.models import Override, Schedule, Team
from alerts.rules import actions as rules
from alerts.rules.models import RuleState
from monitoring.checks import actions
from monitoring.checks.models import Check, CheckSchedule, DatabaseTarget, MaintenanceWindow, Service, StatusChange
from monitoring.events.models import Event
from security.access.actions import api_token_create
from security.access.models import ApiToken, User
from tests import people
from tests.alerts.escalation_estate import escalation_paths
from tests.permission_rules import (
    ADMIN_ADDS,
    ADMIN_LISTS,
    ALL,
    EVERYBODY,
    METHODS,
    NOBODY_ADDS,
    OPEN,
    RULES,
)


def addresses() -> list[str]:
    """Every address as a pattern: API look-ups as `#`, without the copies that name a format."""
    found = (_plain(pattern) for pattern in _walk(get_resolver(), ""))
    return sorted({one for one in found if "format>" not in one and not one.startswith(("admin/", *OPEN))})


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        place = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield place
        else:
            yield from _walk(pattern, place)


def _plain(pattern: str) -> str:
    return re.sub(r"[\^$]", "", re.sub(r"\(\?P<(?!format)\w+>(\[[^]]*\]|\\d)(\+|\{\d+\})\)", "#", pattern))


@pytest.fixture
def crowd(db: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, User | None]:
    """Everybody by name, the stranger as None; nobody is slowed down."""
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.allow_request", lambda *_: True)
    cache.clear()
    return {name: None if name == "stranger" else people.person(name) for name in EVERYBODY}


@pytest.fixture
def estate(db: None) -> dict[str, Any]:
    """What the placeholders of addresses stand for."""
    shop = actions.service_save(name="Shop", slug="shop")
    check = actions.check_save(service=shop, kind="tcp", name="Door", settings={"host": "127.0.0.1", "port": 1})
    times = {"starts_at": "2026-01-01T00:00Z", "ends_at": "2026-01-02T00:00Z"}
    window = MaintenanceWindow.objects.create(service=shop, reason="Disk", **times)
    DatabaseTarget.objects.create(name="Shop", slug="shop", sealed_dsn="")
    change = StatusChange.objects.create(time=timezone.now(), service_id=shop.pk, before="up", after="down")
    return {
        "services": "shop",
        "database-targets": "shop",
        "checks": check.pk,
        "maintenance-windows": window.pk,
        "status-changes": change.pk,
        "events": Event.objects.latest("id").pk,
        "kinds": "tcp",
        **told_estate(),
        **escalation_estate(),
        **schedule_estate(),
        **rule_estate(),
        **incident_estate(),
    }


def escalation_estate() -> dict[str, Any]:
    """What the placeholders of the addresses of escalations stand for."""
    paths = escalation_paths(User.objects.create(username="night-owl"), timezone.now())
    return {name: next(iter(where.values())) for name, where in paths.items()}


def schedule_estate() -> dict[str, Any]:
    """What the placeholders of the addresses of on-call schedules stand for."""
    rota = Schedule.objects.create(name="Shop", slug="shop")
    Team.objects.create(name="Shop", slug="shop")
    times = {"starts_at": "2026-01-01T00:00Z", "ends_at": "2026-01-02T00:00Z"}
    return {"schedules": "shop", "teams": "shop", "overrides": Override.objects.create(schedule=rota, **times).pk}


def rule_estate() -> dict[str, Any]:
    """What the placeholders of the addresses of alerts/rules stand for."""
    now = timezone.now()
    group = rules.group_save(name="shop", now=now)
    recording = rules.recording_save(group=group, record="a:b", expression="up", now=now)
    rule = rules.rule_save(name="Down", slug="down", kind="metric", expression="up == 0", now=now)
    state = RuleState.objects.create(rule=rule, identity="x", labels={}, phase="firing", since=now)
    numbers = {"rule-groups": group.pk, "recording-rules": recording.pk, "rule-states": state.pk}
    return {"rules": "down", "rule-kinds": "metric", **numbers}


def incident_estate() -> dict[str, Any]:
    """What the placeholders of the addresses of alerts/incidents stand for."""
    now = timezone.now()
    incident = Incident.objects.create(title="Disk full", severity="info", opened_at=now, joined_at=now, updated_at=now)
    times = {"starts_at": now, "ends_at": now, "updated_at": now}
    alert = Alert.objects.create(identity="x", labels={"alertname": "DiskFull"}, source="test", **times)
    receiver = Receiver.objects.create(name="Everybody")
    root = Route.objects.create(receiver=receiver)
    silence = silence_save(
        matchers=["a=b"], starts_at=None, ends_at=now + timedelta(days=1), comment="c", by=None, created_by="x", now=now
    )
    rule = InhibitionRule.objects.create(name="r", source_matchers=["a=b"], target_matchers=["a=c"])
    interval = TimeInterval.objects.create(name="i")
    plan = RecurringMaintenance.objects.create(
        name="p", matchers=["a=b"], recurrence="0 3 * * *", first_at=now, duration_s=3600
    )
    return {
        "incidents": incident.pk,
        "alerts": alert.pk,
        "silences": silence.uuid,
        "routes": root.pk,
        "receivers": receiver.pk,
        "inhibition-rules": rule.pk,
        "time-intervals": interval.pk,
        "maintenances": plan.pk,
        "incident-settings": 1,
        "integration-keys": integration_key_save(name="k", kind="json", now=now)[0].pk,
    }


def told_estate() -> dict[str, Any]:
    """What the placeholders of the addresses of alerts/delivery stand for."""
    hook = Channel.objects.create(name="Hook", slug="hook", kind="webhook", settings={"url": "https://hooks.example/"})
    message = {"kind": "firing", "title": "Disk full"}
    times = dict.fromkeys(("created_at", "next_attempt_at", "deadline_at"), timezone.now())
    sent = Delivery.objects.create(key="k", subject="incident:1", kind="firing", message=message, channel=hook, **times)
    owner = User.objects.create(username="nobody")
    contact = ContactMethod.objects.create(user=owner, channel=hook, name="Mail", address="nobody@example.org")
    return {"channels": "hook", "channel-kinds": "webhook", "contact-methods": contact.pk, "deliveries": sent.pk}


def filled(pattern: str, estate: dict[str, Any], person: User | None) -> str:
    if pattern == "api/v1/tokens/#/":
        return f"/api/v1/tokens/{api_token_create(user=person, name='t')[0].pk if person else 0}/"
    if "#" in pattern:
        return "/" + pattern.replace("#", str(estate[pattern.split("/")[2]]))
    numbers = pattern.replace("<int:change_id>", str(estate["status-changes"]))
    numbers = re.sub(r"<uuid:\w+>", str(estate["silences"]), re.sub(r"<int:\w+>", "1", numbers))
    return "/" + re.sub(r"<slug:\w+>", "shop", numbers)


def browser(person: User | None) -> Client:
    client = Client()
    if person:
        client.force_login(person)
    return client


def refusal(response: Any) -> str:
    """How somebody is turned away; empty when not."""
    if response.status_code in (302, 301) and "/login/?next=" in response["Location"]:
        return "log in"
    return str(response.status_code) if response.status_code in (401, 403, 405) else ""


def may(person: str, level: str) -> bool:
    return EVERYBODY.index(person) >= EVERYBODY.index(level)


def test_every_address_has_a_rule() -> None:
    assert addresses() == sorted(RULES)


@pytest.mark.parametrize("pattern", RULES)
def test_only_those_who_may(pattern: str, crowd: dict[str, User | None], estate: dict[str, Any]) -> None:
    rule = RULES[pattern]
    estate.setdefault("series", "")
    for name in EVERYBODY:
        client = browser(crowd[name])
        for method in METHODS:
            address = filled(pattern, estate, crowd[name])
            response = client.generic(
                method, address, b"{}" if rule.door == "api" else b"", content_type="application/json"
            )
            told, level = refusal(response), rule.methods.get(method)
            assert response.status_code < 500, (name, method, response.status_code)
            if level is None:
                assert told or response.status_code in (302, 404), (name, method, response.status_code)
            elif may(name, level):
                assert not told, (name, method, told)
            else:
                stranger = "401" if rule.door == "api" else "log in"
                assert told == (stranger if name == "stranger" else "403"), (name, method, response.status_code)


@pytest.mark.parametrize("model", ADMIN_LISTS)
def test_the_admin_opens_to_those_who_may(model: str, crowd: dict[str, User | None], estate: dict[str, Any]) -> None:
    for name in EVERYBODY:
        client = browser(crowd[name])
        asked = {"": ADMIN_LISTS[model], "add/": None if model in NOBODY_ADDS else ADMIN_ADDS[model]}
        for tail, level in asked.items():
            response = client.get(f"/admin/{model}/{tail}", follow=True)
            opened = response.status_code == 200 and response.request["PATH_INFO"] != "/login/"
            assert opened is (level is not None and may(name, level)), (name, tail, response.status_code)


def test_every_model_of_the_admin_has_a_rule() -> None:
    assert {f"{model._meta.app_label}/{model._meta.model_name}" for model in site._registry} == set(ADMIN_LISTS)


def test_looking_changes_nothing(crowd: dict[str, User | None], estate: dict[str, Any]) -> None:
    client, watched = (
        browser(crowd[people.ADA]),
        (Service, Check, CheckSchedule, Event, MaintenanceWindow, DatabaseTarget, ApiToken),
    )
    patterns = [pattern for pattern, rule in RULES.items() if "GET" in rule.methods and pattern != "api/v1/tokens/#/"]
    before = [list(model.objects.order_by("pk").values()) for model in watched]
    for pattern in patterns:
        client.get(filled(pattern, estate, None))
    assert [list(model.objects.order_by("pk").values()) for model in watched] == before


@pytest.mark.parametrize(
    "pattern",
    [
        pattern
        for pattern, rule in RULES.items()
        if rule.methods.keys() - {"GET"} and pattern not in ("livez", "readyz")
    ],
)
def test_a_write_of_a_browser_needs_its_csrf_token(
    pattern: str, crowd: dict[str, User | None], estate: dict[str, Any]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(crowd[people.ADA] or User())
    for method in RULES[pattern].methods.keys() - {"GET"}:
        response = client.generic(
            method, filled(pattern, estate, crowd[people.ADA]), b"{}", content_type="application/json"
        )
        assert response.status_code == 403, method


PRIVATE = [pattern for pattern, rule in RULES.items() if rule.methods.get("GET", ALL) != ALL]


@pytest.mark.parametrize("pattern", PRIVATE)
def test_no_private_answer_is_kept_or_framed(
    pattern: str, crowd: dict[str, User | None], estate: dict[str, Any]
) -> None:
    response = browser(crowd[people.ADA]).get(filled(pattern, estate, crowd[people.ADA]))
    assert response["X-Frame-Options"] == "DENY"
    assert "no-store" in response["Cache-Control"]
