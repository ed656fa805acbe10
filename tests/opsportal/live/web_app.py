"""The portal's ASGI application with a live topic to watch, for the tests that run a real daphne."""

from opsportal.asgi import application
from opsportal.live import topics


async def snapshot(user: object, topic: str) -> dict[str, object]:
    return {"7": "up"}


topics.register("board", permission="checks.view_service", snapshot=snapshot)

__all__ = ["application"]
