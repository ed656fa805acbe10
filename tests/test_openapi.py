"""The OpenAPI document is exact: it validates without a warning, and what the API answers is what it says.

`SCHEMATHESIS_EXAMPLES=200` (`make schemathesis`) looks longer.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis import checks

from monitoring.checks import actions
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from security.access.actions import api_token_create
from tests import people

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
PATIENCE = hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def no_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = dict.fromkeys(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "1000000/second")
    monkeypatch.setattr("opsportal.api.throttling.api_settings.DEFAULT_THROTTLE_RATES", rates)


@pytest.fixture
def authorization(db: None) -> dict[str, str]:
    """An administrator's token."""
    _, token = api_token_create(user=people.person(people.ADA), name="schemathesis")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def known(db: None) -> dict[str, Any]:
    """Path parameters that lead somewhere: the addresses of a small estate."""
    shop = actions.service_save(name="Shop", labels={"env": "prod"})
    check = actions.check_save(service=shop, kind="tcp", name="Door", settings={"host": "127.0.0.1", "port": 1})
    actions.check_clone(check=check)
    event = event_emit(kind="a.b", severity=Severity.INFO, subject="service:shop", summary="Something")
    return {"slug": "shop", "id": check.pk, "event": event.pk, "kind": "tcp"}


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


def test_answers_are_what_the_document_says(api_schema: Any, authorization: Any, known: dict[str, Any]) -> None:
    """Every operation with generated requests, and again with path parameters that lead somewhere."""
    failures = []
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @PATIENCE
        @seed(20261123)
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            with transaction.atomic():  # each example finds the estate whole
                case.call_and_validate(headers=authorization, checks=CHECKS)
                if case.path_parameters:
                    case.path_parameters = {name: known.get(name, "1") for name in case.path_parameters}
                    case.call_and_validate(headers=authorization, checks=CHECKS)
                transaction.set_rollback(True)

        try:
            ask()
        except (AssertionError, BaseExceptionGroup) as error:
            failures.append(f"{operation.label}: {error!r}\n{getattr(error, 'exceptions', '')}")
    assert not failures, "\n\n".join(failures)
