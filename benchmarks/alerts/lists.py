"""Lists of incidents and alerts by the API, and acknowledging, with 100,000 open ones and a million in history.

`python -m benchmarks.alerts.lists`: durable PostgreSQL, one web process, one request after the other.
"""

import http.client
import json
import os
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.alerts.ingest import token
from benchmarks.report import Report, percentile
from benchmarks.stack import private_servers, web

OPEN = int(os.environ.get("BENCH_OPEN_ALERTS", "100000"))
HISTORY = int(os.environ.get("BENCH_ALERT_HISTORY", "1000000"))
TIMES = 40
GOAL_MS = 300
ASKED = {
    "incidents": "incidents/",
    "open incidents": "incidents/?unresolved=true",
    "critical open incidents of a service": "incidents/?unresolved=true&severity=critical&service=service-7",
    "incidents with a word": "incidents/?search=Number%2077",
    "alerts": "alerts/",
    "alerts with a label": "alerts/?label=team%3Dteam-7",
    "alerts of a service": "alerts/?service=service-7",
}
SHARED = """
INSERT INTO incidents_alert (identity, labels, annotations, generator_url, source, severity, service, starts_at, ends_at, updated_at,
    ends_by_timeout, is_firing, suppressed_by)
SELECT md5(n::text), jsonb_build_object('alertname', 'Bench' || n % 20, 'number', n::text, 'team', 'team-' || n % 50,
        'service', 'service-' || n % 200), '{"summary": "It does not work"}', '', 'bench',
    (ARRAY['warning', 'critical', 'error'])[1 + n % 3], 'service-' || n % 200, now() - n * interval '1 second',
    CASE WHEN n <= %(open)s THEN now() + interval '1 day' ELSE now() - n * interval '1 second' + interval '5 minutes' END,
    now() - n * interval '1 second', false, n <= %(open)s, '{}'
FROM generate_series(1, %(all)s) AS n
"""
INCIDENTS = """
INSERT INTO incidents_incident (title, state, severity, severity_set, service, root_cause, root_reason, opened_at, joined_at, episode,
    suppressed, resolved_at, firing_count, alert_count, postmortem, updated_at)
SELECT 'Number ' || n || ' does not work', CASE WHEN n <= %(open)s THEN 'open' ELSE 'resolved' END,
    (ARRAY['warning', 'critical', 'error'])[1 + n % 3], false, 'service-' || n % 200, '', '', now() - n * interval '1 second',
    now() - n * interval '1 second', 0, false, CASE WHEN n <= %(open)s THEN NULL ELSE now() - n * interval '1 second' END,
    CASE WHEN n <= %(open)s THEN 1 ELSE 0 END, 1, '', now() - n * interval '1 second'
FROM generate_series(1, %(all)s) AS n
"""
MEMBERS = """
INSERT INTO incidents_incidentalert (incident_id, alert_id, joined_at, left_at)
SELECT i.id, a.id, a.starts_at, CASE WHEN a.is_firing THEN NULL ELSE a.ends_at END
FROM incidents_alert a JOIN incidents_incident i ON i.title = 'Number ' || (a.labels ->> 'number') || ' does not work'
"""


def fill() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        for statement in (SHARED, INCIDENTS):
            cursor.execute(statement.replace(" % ", " %% "), {"open": OPEN, "all": OPEN + HISTORY})
        cursor.execute("ANALYZE")
        cursor.execute(MEMBERS)
        cursor.execute("VACUUM ANALYZE")
    connection.close()


@dataclass(slots=True)
class Client:
    """Asks over one kept connection."""

    connection: http.client.HTTPConnection
    token: str

    def ask(self, path: str, method: str = "GET") -> tuple[float, Any]:
        """How long it took, in milliseconds, and the answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        began = time.perf_counter()
        self.connection.request(method, f"/api/v1/{path}", body=b"{}" if method == "POST" else None, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        spent = 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        return spent, json.loads(body)


def measure(report: Report, client: Client) -> None:
    for name, path in ASKED.items():
        spans = [client.ask(path)[0] for _ in range(TIMES)]
        report.at_most(f"{name}, p95", percentile(spans[2:], 95), "ms", GOAL_MS)
    found = client.ask("incidents/?unresolved=true")[1]["results"]
    spans = [client.ask(f"incidents/{one['id']}/acknowledge/", "POST")[0] for one in found[:TIMES]]
    report.at_most("acknowledge, p95", percentile(spans[2:], 95), "ms", GOAL_MS)


def main() -> None:
    report = Report()
    with private_servers(durable=True) as folder:
        fill()
        made = token(["incidents.view_alert", "incidents.view_incident", "incidents.respond_incident"])
        with web(folder) as (_, port):
            measure(report, Client(http.client.HTTPConnection("127.0.0.1", port, timeout=60), made))
    report.finish()


if __name__ == "__main__":
    main()
