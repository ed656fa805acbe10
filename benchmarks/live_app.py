"""The portal's ASGI application with one more live topic, which `benchmarks.live` publishes to."""

from opsportal.asgi import application
from opsportal.live import topics

TOPIC = "benchmark"


async def snapshot(user: object, topic: str) -> dict[str, object]:
    return {}


topics.register(TOPIC, permission="checks.view_service", snapshot=snapshot)

__all__ = ["application"]
