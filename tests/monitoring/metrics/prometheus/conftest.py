from typing import Any

import pytest
from django.test import Client

from security.access import actions
from security.access.models import User
from tests.monitoring.metrics.prometheus import estate


@pytest.fixture
def measured(db: None) -> None:
    estate.store()


class Asker:
    """A program with a token, as Grafana is one."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.client = Client(enforce_csrf_checks=True)

    def get(self, address: str, **headers: str) -> Any:
        """`address` is what comes after `/prometheus/`, encoded."""
        return self.client.get(f"/prometheus/{address}", headers=self.headers | headers)

    def post(self, address: str, body: str, content_type: str = "application/x-www-form-urlencoded") -> Any:
        return self.client.post(f"/prometheus/{address}", body, content_type, headers=self.headers)

    def data(self, address: str) -> Any:
        answer = self.get(f"api/v1/{address}")
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]

    def error(self, address: str) -> tuple[int, str, str]:
        answer = self.get(f"api/v1/{address}")
        body = answer.json()
        assert body["status"] == "error"
        return answer.status_code, body["errorType"], body["error"]


@pytest.fixture
def asker(vera: User) -> Asker:
    _, token = actions.api_token_create(user=vera, name="grafana", scopes=["metrics.view_series"])
    return Asker(token)
