from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, found) for path, methods in schema["paths"].items() for method, found in methods.items()]


def test_the_document_is_valid_openapi(schema: dict[str, Any]) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]


def test_every_operation_documents_its_problems(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        missing = {"400", "401", "403", "404", "405", "406", "429"} - operation["responses"].keys()
        assert not missing, (method, path)


def test_writing_documents_what_can_be_wrong_with_a_body(schema: dict[str, Any]) -> None:
    writing = [found for _, method, found in operations(schema) if method in ("post", "put", "patch")]
    assert writing
    assert all({"409", "413", "415"} <= found["responses"].keys() for found in writing)


def test_the_cap_of_a_page_is_told(schema: dict[str, Any]) -> None:
    parameters = {found["name"]: found for found in schema["paths"]["/api/v1/tokens/"]["get"]["parameters"]}
    assert parameters["page_size"]["schema"]["maximum"] == 500
    assert "name" in parameters["ordering"]["schema"]["items"]["enum"]


def test_both_ways_to_log_in_are_named(schema: dict[str, Any]) -> None:
    assert {"token", "cookieAuth"} <= schema["components"]["securitySchemes"].keys()


def test_the_document_needs_a_log_in(client: Client, db: None) -> None:
    refused = client.get("/api/schema/")
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/problem+json")
    assert refused.json()["status"] == 401


def test_the_docs_page_takes_nothing_from_elsewhere(vera_client: Client) -> None:
    page = vera_client.get("/api/docs/")
    assert page.status_code == 200
    assert "//" not in page.content.decode().replace("<!doctype", "")
    assert "unsafe" not in page["Content-Security-Policy"]
