"""What a door refuses a request with. Pure."""

from collections.abc import Mapping
from typing import Any


class BodyError(ValueError):
    """A request that is refused as a whole. `status` and `body` as the dialect of the door answers; the body is written as JSON."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
