"""Who may use each address and each list of the admin: the tables that test_permissions.py asks every person about."""

from dataclasses import dataclass

from tests import people

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
    **dict.fromkeys(["api/v1/rules/replay/", "api/v1/rules/#/replay/"], api(None, POST=ADMINISTER)),
    "api/v1/rules/import/": api(None, POST=ADMINISTER),
    "api/v1/rules/export/": api(),
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
    "api/v1/integration-keys/": LIST,
    "api/v1/integration-keys/#/": DETAIL,
    "api/v1/integration-keys/#/renew/": api(None, POST=ADMINISTER),
    "api/v1/integration-keys/#/try/": api(None, POST=LOOK),
    "alerts/in/alertmanager-webhook": api(None, POST=ADMINISTER),
    **dict.fromkeys(["alertmanager/-/healthy", "alertmanager/-/ready"], Rule("api", dict.fromkeys(METHODS, ALL))),
    "alertmanager/api/v2/alerts": api(POST=ADMINISTER),
    **dict.fromkeys([f"alertmanager/api/v2/{name}" for name in ("alerts/groups", "receivers", "status")], api()),
    "alertmanager/api/v2/silences": api(POST=OPERATE),
    "alertmanager/api/v2/silence/<str:name>": api(DELETE=OPERATE),
    "api/v1/incident-settings/": api(),
    "api/v1/incident-settings/#/": api(PUT=ADMINISTER, PATCH=ADMINISTER),
}
RULES |= {
    **dict.fromkeys(["incidents/", "incidents/count.json", "incidents/<int:incident_id>/"], page()),
    "incidents/<int:incident_id>/ack/": page(),
    **dict.fromkeys(["incidents/act/", "incidents/<int:incident_id>/act/"], Rule("page", {"POST": OPERATE})),
    "silences/": page(),
    **dict.fromkeys(["silences/new/", "silences/<uuid:uuid>/"], page(OPERATE, POST=OPERATE)),
    **dict.fromkeys(["silences/preview/", "silences/<uuid:uuid>/expire/"], Rule("page", {"POST": OPERATE})),
    **dict.fromkeys(["deliveries/", "deliveries/<int:delivery_id>/", "deliveries/export.<slug:form>"], page()),
    "channels/": page(),
    **dict.fromkeys(["channels/reset/", "channels/<slug:slug>/test/"], Rule("page", {"POST": OPERATE})),
}
# For whoever knows the address or has a key of its own: tests/monitoring/checks/test_ping.py, the canary's own, and those of the doors
# and answers of alerts. What Alertmanager's API does not have is answered to everybody alike.
OPEN = (
    *("ping/", "canary/", "alerts/answers/", "alerts/in/json", "pagerduty/"),
    *("alertmanager/<path:rest>", "alertmanager/api/v1/"),
)
INCIDENT_MODELS = (
    *("incident", "alert", "silence", "route", "receiver", "inhibitionrule", "timeinterval", "recurringmaintenance"),
    "incidentsettings",
    "integrationkey",
)
ADMIN_LISTS = {
    **dict.fromkeys(["checks/service", "checks/check", "checks/maintenancewindow", "checks/databasetarget"], OPERATE),
    "shipping/destination": OPERATE,
    **dict.fromkeys(["oncall/schedule", "oncall/team", "oncall/override"], OPERATE),
    **dict.fromkeys(
        [f"oncall/{name}" for name in ("escalationpolicy", "escalation", "personalrule", "quiethours")], OPERATE
    ),
    **dict.fromkeys([f"incidents/{name}" for name in INCIDENT_MODELS], OPERATE),
    **dict.fromkeys(
        [f"rules/{name}" for name in ("alertrule", "rulegroup", "recordingrule", "rulestate", "rulethreshold")], OPERATE
    ),
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
    "rules/rulethreshold",
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
