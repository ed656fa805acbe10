"""The form of every answer: `{"status": "success", "data": …}`, or `{"status": "error", "errorType": …, "error": …}`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

import orjson

ErrorType = Literal[
    "bad_data", "execution", "timeout", "canceled", "internal", "unavailable", "not_found", "unauthorized", "forbidden"
]
STATUS: dict[ErrorType, int] = {
    "bad_data": HTTPStatus.BAD_REQUEST,
    "execution": HTTPStatus.UNPROCESSABLE_ENTITY,
    "timeout": HTTPStatus.SERVICE_UNAVAILABLE,
    "canceled": HTTPStatus.SERVICE_UNAVAILABLE,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_found": HTTPStatus.NOT_FOUND,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
}


@dataclass(slots=True)
class Answer:
    """What a view found. `data` is anything JSON can say, or JSON already (bytes)."""

    data: Any
    warnings: Sequence[str] = ()
    infos: Sequence[str] = ()


@dataclass
class ApiError(Exception):
    """What a view raises instead. `message` is shown to whoever asked: no secret is in it."""

    type: ErrorType
    message: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return int(STATUS[self.type])


def bad_parameter(name: str, message: str) -> ApiError:
    return ApiError("bad_data", f'invalid parameter "{name}": {message}')


def success(answer: Answer) -> bytes:
    data = answer.data if isinstance(answer.data, bytes) else orjson.dumps(answer.data, option=orjson.OPT_NON_STR_KEYS)
    notes = [(name, list(said)) for name, said in (("warnings", answer.warnings), ("infos", answer.infos)) if said]
    after = b"".join(b',"%s":%s' % (name.encode(), orjson.dumps(said)) for name, said in notes)
    return as_go(b'{"status":"success","data":' + data + after + b"}")


def failure(error: ApiError) -> bytes:
    return as_go(orjson.dumps({"status": "error", "errorType": error.type, "error": error.message}))


def as_go(body: bytes) -> bytes:
    """Go escapes what could end a script in a page. None of these bytes stands outside a string, so they can be replaced anywhere."""
    for character, escape in ESCAPES:
        if character in body:
            body = body.replace(character, escape)
    return body


ESCAPES = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)
