"""The OpenAPI document: what every operation can answer besides success is written down once, here."""

from typing import Any

from opsportal.api.problems import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "urn:opsportal:problem:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "errors": {
            "type": "object",
            "description": "What is wrong with each field; a field inside another is dotted (settings.url).",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["type", "title", "status", "detail"],
}
ALWAYS = {
    400: "The request is not valid; `errors` names the fields.",
    401: "Not logged in, or the token is wrong, revoked or expired.",
    403: "Your account may not do this.",
    404: "There is nothing at this address, or no such page of the list.",
    405: "This address does not take that method.",
    406: "Only JSON is spoken here.",
    429: "Asked too often; `Retry-After` says how many seconds to wait.",
}
WITH_BODY = {
    409: "It clashes with what is stored.",
    413: "The body is too large.",
    415: "Send JSON (`Content-Type: application/json`).",
}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def document_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular postprocessing hook: give every operation the problem answers it can give."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    answers = components.setdefault("responses", {})
    for status, description in (ALWAYS | WITH_BODY).items():
        answers[f"Problem{status}"] = {
            "description": description,
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    for path in result.get("paths", {}).values():
        for method, operation in path.items():
            if method in METHODS:
                _add_problems(method, operation)
    return result


def _add_problems(method: str, operation: dict[str, Any]) -> None:
    statuses = ALWAYS | (WITH_BODY if method in ("post", "put", "patch", "delete") else {})
    responses = operation.setdefault("responses", {})
    for status in statuses:
        responses.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
