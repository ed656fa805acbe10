"""Every address by method by person. An address without a rule here fails: who may do what is decided, never left open.

Whoever may not is told so: a stranger is sent to the log-in (page) or gets 401 (API), anybody else 403. Writes are sent
empty, so whoever may write is told what is wrong, or it is done.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from alerts.delivery.models import Channel, ContactMethod, Delivery
from alerts.incidents.actions import silence_save
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

EVERYBODY = ("stranger", people.MALLORY, people.VERA, people.OTTO, people.ADA)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Rule:
    """Who may use each method of an address. `door`: how somebody who may not is told."""

    door: str
    methods: dict[str, str]


# Levels: the least of these people who may. "-" means that nobody has such a method there (405).
ALL, LOGGED_IN, LOOK, OPERATE, ADMINISTER = "stranger", people.MALLORY, people.VERA, people.OTTO, people.ADA


def page(get: str = LOOK, **methods: str) -> Rule:
    return Rule("page", {"GET": get, **methods})


def api(get: str | None = LOOK, **methods: str) -> Rule:
    return Rule("api", ({"GET": get} if get else {}) | methods)


LIST = api(POST=ADMINISTER)
DETAIL = api(PUT=ADMINISTER, PATCH=ADMINISTER, DELETE=ADMINISTER)
VERB = api(None, POST=OPERATE)
PROMETHEUS_FORMS = ("query", "query_range", "query_exemplars", "format_query", "labels", "series")
PROMETHEUS_READS = (
    "federate",
    *(f"api/v1/{name}" for name in ("label/<str:name>/values", "metadata", "rules", "alerts", "alertmanagers")),
    *(f"api/v1/status/{name}" for name in ("buildinfo", "config", "flags", "runtimeinfo", "tsdb", "walreplay")),
    *(f"api/v1/{name}" for name in ("targets", "targets/metadata")),
)
ROUTING = ("routes", "receivers", "inhibition-rules", "time-intervals", "maintenances")
RULES: dict[str, Rule] = {
    **dict.fromkeys(["livez", "readyz"], Rule("page", dict.fromkeys(METHODS, ALL))),
    **dict.fromkeys(
        ["", "machines/", "feed/", "services/<slug:slug>/", "machines/<slug:slug>/", "changes/<int:change_id>/"], page()
    ),
    **dict.fromkeys([f"query/{tail}" for tail in ("", "check/", "cardinality/", "metrics/")], page()),
    **dict.fromkeys(["query/export.csv", "query/metrics/<path:name>/"], page()),
    **dict.fromkeys(["services/<slug:slug>/series.json", "services/<slug:slug>/series.csv"], page()),
    **dict.fromkeys(["machines/<slug:slug>/series.json", "machines/<slug:slug>/series.csv"], page()),
    "services/<slug:slug>/pings/<int:ping_id>/": page(),
    "services/<slug:slug>/act/": Rule("page", {"POST": OPERATE}),
    "login/": page(ALL, POST=ALL, PUT=ALL),
    "logout/": Rule("page", {"POST": LOGGED_IN}),
    "password/": page(LOGGED_IN, POST=LOGGED_IN, PUT=LOGGED_IN),
    "api/docs/": page(LOGGED_IN),
    "api/schema/": api(LOGGED_IN),
    "api/v1/me/": api(LOGGED_IN),
    "api/v1/tokens/": api(LOGGED_IN, POST=LOGGED_IN),
    "api/v1/tokens/#/": api(LOGGED_IN, DELETE=LOGGED_IN),
    **dict.fromkeys(["api/v1/services/", "api/v1/checks/", "api/v1/database-targets/"], LIST),
    "api/v1/maintenance-windows/": api(POST=OPERATE),
    **dict.fromkeys(["api/v1/services/#/", "api/v1/database-targets/#/"], DETAIL),
    "api/v1/checks/#/": api(PUT=OPERATE, PATCH=OPERATE, DELETE=ADMINISTER),
    "api/v1/maintenance-windows/#/": api(PUT=OPERATE, PATCH=OPERATE, DELETE=OPERATE),
    **dict.fromkeys([f"api/v1/checks/#/{verb}/" for verb in ("run", "pause", "resume", "test")], VERB),
    "api/v1/checks/#/clone/": api(None, POST=ADMINISTER),
    **dict.fromkeys(["api/v1/services/#/uptime/", "api/v1/checks/#/uptime/", "api/v1/checks/#/series/"], api()),
    **dict.fromkeys(
        [f"api/v1/{name}/{tail}" for name in ("kinds", "events", "status-changes") for tail in ("", "#/")], api()
    ),
    **dict.fromkeys(["api/v1/agent/report", "api/v1/metrics"], api(None, POST=ADMINISTER)),
    **dict.fromkeys(["prometheus/api/v1/write", "otlp/v1/metrics"], api(None, POST=ADMINISTER)),
    "metrics": Rule("api", {"GET": LOOK}),
    **dict.fromkeys([f"prometheus/api/v1/{name}" for name in PROMETHEUS_FORMS], api(POST=LOOK)),
    **dict.fromkeys([f"prometheus/{name}" for name in PROMETHEUS_READS], api()),
    "prometheus/<path:rest>": Rule("api", dict.fromkeys(METHODS, LOOK)),
}
RULES |= {
    "api/v1/channels/": LIST,
    "api/v1/channels/#/": DETAIL,
    "api/v1/channels/#/test/": VERB,
    **dict.fromkeys(["api/v1/channel-kinds/", "api/v1/channel-kinds/#/"], api()),
    "api/v1/contact-methods/": api(POST=LOOK),
    "api/v1/contact-methods/#/": api(PUT=LOOK, PATCH=LOOK, DELETE=LOOK),
    **dict.fromkeys([f"api/v1/contact-methods/#/{verb}/" for verb in ("send-code", "verify")], api(None, POST=LOOK)),
    **dict.fromkeys([f"api/v1/deliveries/{tail}" for tail in ("", "#/", "export/")], api()),
    "api/v1/deliveries/#/cancel/": api(None, POST=ADMINISTER),
    "api/v1/circuits/": api(),
    "api/v1/circuits/reset/": VERB,
}
RULES |= {
    **dict.fromkeys([f"api/v1/{name}/" for name in ("rules", "rule-groups", "recording-rules")], LIST),
    **dict.fromkeys([f"api/v1/{name}/#/" for name in ("rules", "rule-groups", "recording-rules")], DETAIL),
    **dict.fromkeys([f"api/v1/rules/#/{verb}/" for verb in ("enable", "disable")], VERB),
    **dict.fromkeys(["api/v1/rules/try/", "api/v1/rules/#/try/"], api(None, POST=ADMINISTER)),
    "api/v1/rules/#/states/": api(),
    **dict.fromkeys([f"api/v1/{name}/{tail}" for name in ("rule-kinds", "rule-states") for tail in ("", "#/")], api()),
}
RULES |= {
    "api/v1/escalation-policies/": LIST,
    "api/v1/escalation-policies/#/": DETAIL,
    **dict.fromkeys(["api/v1/escalations/", "api/v1/escalations/#/"], api()),
    **dict.fromkeys(["api/v1/personal-rules/", "api/v1/quiet-hours/"], api(POST=LOOK)),
    **dict.fromkeys(["api/v1/personal-rules/#/", "api/v1/quiet-hours/#/"], api(PUT=LOOK, PATCH=LOOK, DELETE=LOOK)),
    "me/notifications/": page(LOGGED_IN),
    **dict.fromkeys(
        [
            f"me/notifications/{tail}/"
            for tail in ("contacts", "contacts/<int:contact_id>/<slug:act>", "rules/<slug:urgency>", "quiet-hours")
        ],
        Rule("page", {"POST": LOGGED_IN}),
    ),
}
RULES |= {
    **dict.fromkeys(["oncall/", "oncall/<slug:slug>/"], page()),
    **dict.fromkeys(["oncall/<slug:slug>.ics", "oncall/my-shifts.ics"], Rule("page", {})),  # by token only
    **dict.fromkeys(
        [f"oncall/<slug:slug>/{tail}/" for tail in ("override", "override/<int:override_id>/delete", "swap")],
        Rule("page", {"POST": OPERATE}),
    ),
    **dict.fromkeys(
        ["oncall/<slug:slug>/import/", "oncall/<slug:slug>/import/apply/"], Rule("page", {"POST": OPERATE})
    ),
    **dict.fromkeys(
        [f"oncall/{what}/feed/{tail}" for what in ("my-shifts", "<slug:slug>") for tail in ("", "revoke/")],
        Rule("page", {"POST": LOOK}),
    ),
    **dict.fromkeys(["api/v1/teams/", "api/v1/schedules/"], LIST),
    **dict.fromkeys(["api/v1/teams/#/", "api/v1/schedules/#/"], DETAIL),
    **dict.fromkeys(
        [f"api/v1/schedules/#/{verb}/" for verb in ("on-call", "timeline", "coverage", "overrides")], api()
    ),
    "api/v1/schedules/#/swap/": VERB,
    "api/v1/overrides/": api(POST=OPERATE),
    "api/v1/overrides/#/": api(PUT=OPERATE, PATCH=OPERATE, DELETE=OPERATE),
}
RULES |= {
    **dict.fromkeys([f"api/v1/{name}/{tail}" for name in ("incidents", "alerts") for tail in ("", "#/")], api()),
    "api/v1/incidents/#/timeline/": api(),
    **dict.fromkeys(
        [
            f"api/v1/incidents/#/{verb}/"
            for verb in (
                *("acknowledge", "unacknowledge", "snooze", "resolve", "reopen", "assign", "comment", "severity"),
                *("postmortem", "merge", "split"),
            )
        ],
        VERB,
    ),
    "api/v1/silences/": api(POST=OPERATE),
    "api/v1/silences/#/": api(PUT=OPERATE, PATCH=OPERATE),
    **dict.fromkeys(["api/v1/silences/#/expire/", "api/v1/silences/preview/"], VERB),
    **dict.fromkeys([f"api/v1/{name}/" for name in ROUTING], LIST),
    **dict.fromkeys([f"api/v1/{name}/#/" for name in ROUTING], DETAIL),
    "api/v1/routes/test/": api(None, POST=LOOK),
    "api/v1/incident-settings/": api(),
    "api/v1/incident-settings/#/": api(PUT=ADMINISTER, PATCH=ADMINISTER),
}
OPEN = ("ping/", "canary/")  # for whoever knows the address; tests/monitoring/checks/test_ping.py and the canary's own
INCIDENT_MODELS = (
    *("incident", "alert", "silence", "route", "receiver", "inhibitionrule", "timeinterval", "recurringmaintenance"),
    "incidentsettings",
)
ADMIN_LISTS = {
    **dict.fromkeys(["checks/service", "checks/check", "checks/maintenancewindow", "checks/databasetarget"], OPERATE),
    "shipping/destination": OPERATE,
    **dict.fromkeys(["oncall/schedule", "oncall/team", "oncall/override"], OPERATE),
    **dict.fromkeys(
        [f"oncall/{name}" for name in ("escalationpolicy", "escalation", "personalrule", "quiethours")], OPERATE
    ),
    **dict.fromkeys([f"incidents/{name}" for name in INCIDENT_MODELS], OPERATE),
    **dict.fromkeys([f"rules/{name}" for name in ("alertrule", "rulegroup", "recordingrule", "rulestate")], OPERATE),
    **dict.fromkeys([f"delivery/{name}" for name in ("channel", "contactmethod", "delivery", "circuit")], OPERATE),
    **dict.fromkeys(
        ["checks/statuschange", "checks/heartbeatping", "checks/machine", "events/event", "metrics/series"], OPERATE
    ),
    **dict.fromkeys(["metrics/metricsource", "metrics/metricmetadata", "metrics/storestate"], OPERATE),
    **dict.fromkeys(["access/user", "auth/group", "access/apitoken"], ADMINISTER),
}
ADMIN_ADDS = dict.fromkeys(ADMIN_LISTS, ADMINISTER) | {
    "checks/maintenancewindow": OPERATE,
    "oncall/override": OPERATE,
    "incidents/silence": OPERATE,
}
NOBODY_ADDS = {
    "incidents/incident",
    "incidents/alert",
    "incidents/incidentsettings",
    "oncall/escalation",
    "rules/rulestate",
    "delivery/delivery",
    "delivery/circuit",
    "checks/statuschange",
    "checks/heartbeatping",
    "checks/machine",
    "events/event",
    "metrics/series",
    "metrics/metricsource",
    "metrics/metricmetadata",
    "metrics/storestate",
}


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
    return re.sub(r"[\^$]", "", re.sub(r"\(\?P<(?!format)\w+>(\[[^]]*\]|\\d)\+\)", "#", pattern))


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
    numbers = re.sub(r"<int:\w+>", "1", numbers)
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
