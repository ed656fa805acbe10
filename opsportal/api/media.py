"""JSON in and out: strict when reading (UTF-8, no NUL, no NaN, a size cap), plain when writing."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder

from opsportal.api.exceptions import TooLarge


class StrictJSONParser(BaseParser):
    """Refuses what PostgreSQL cannot store later: NUL characters and lone surrogates."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body: bytes = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from None
        if b"\\u0000" in body and _holds_nul(data):
            raise ParseError("The body holds a NUL character (\\u0000), which cannot be stored.")
        return data


class PlainJSONRenderer(BaseRenderer):
    """Numbers that JSON cannot say (NaN, Infinity) are written as null."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=JSONEncoder().default, option=orjson.OPT_NON_STR_KEYS)


def _holds_nul(data: Any) -> bool:
    if isinstance(data, str):
        return "\x00" in data
    if isinstance(data, dict):
        return any(_holds_nul(part) for pair in data.items() for part in pair)
    return isinstance(data, list) and any(_holds_nul(item) for item in data)
