"""The overview of an estate of 10,000 checks in 2,000 services: time at the server, SQL statements, bytes sent."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.report import Report, percentile
from benchmarks.stack import private_servers

SERVICES = 2_000
CHECKS_EACH = 5
REQUESTS = 100
ADDRESSES = {
    "overview": "/",
    "overview, page 20": "/?page=20",
    "overview, search": "/?q=042",
    "overview, label and owner": "/?label=env:prod&owner=Payments",
    "overview, failing only": "/?status=down&status=degraded",
    "overview, wall": "/?density=wall",
}


def main() -> None:
    with private_servers():
        prepare()
        report = Report()
        for name, address in ADDRESSES.items():
            measure(report, name, address)
        report.finish()


def prepare() -> None:
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from benchmarks.estate import fill
    from opsportal.warm_up import warm_up
    from security.access.actions import user_create
    from security.access.roles import VIEWER

    settings.ALLOWED_HOSTS = ["testserver"]
    fill(SERVICES, CHECKS_EACH, timezone.now())
    user_create(username="vera", password="a password of the benchmark", roles=[VIEWER], email="vera@example.org")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    warm_up()


def measure(report: Report, name: str, address: str) -> None:
    """Requests through all middleware with a real session, one connection each, as the web process makes them."""
    from django.db import connection
    from django.test import Client

    from security.access.models import User

    client = Client()
    client.force_login(User.objects.get(username="vera"))
    client.get(address)
    statements: list[str] = []
    with connection.execute_wrapper(partial(noted, statements)):
        answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}.")
    times_ms = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        client.get(address)
        times_ms.append((time.perf_counter() - started) * 1000)
    report.plain(f"{name}: server median", percentile(times_ms, 50), "ms")
    report.at_most(f"{name}: server p95", percentile(times_ms, 95), "ms", 200)
    report.at_most(f"{name}: SQL statements", len(statements), "", 8)
    report.at_most(f"{name}: sent", len(answer.content) / 1000, "kB", 300)


def noted(statements: list[str], execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """A wrapper of Django's cursors that writes down what passes."""
    statements.append(sql)
    return execute(sql, *rest)


if __name__ == "__main__":
    main()
