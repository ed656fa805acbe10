"""What a door refuses a request with. Pure."""

from typing import Any


class BodyError(ValueError):
    """A request that is refused as a whole. `status` and `body` as the dialect of the door answers; the body is written as JSON."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
