"""What follows when nobody could be told: an event, and whoever registered acts on it at once (the next tier is called).

A room on a floor above registers once, when its app is ready. A handler gets the deliveries that failed together with their fallbacks, and
runs in the transaction that settles them; it must be idempotent.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.delivery.models import Delivery

Handler = Callable[["Sequence[Delivery]", datetime], None]
_handlers: list[Handler] = []


def on_failed(handler: Handler) -> None:
    """Have `handler` called for every delivery that has failed for good, its fallbacks included."""
    if handler not in _handlers:
        _handlers.append(handler)


def handlers() -> tuple[Handler, ...]:
    return tuple(_handlers)
