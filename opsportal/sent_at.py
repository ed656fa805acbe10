"""Every task message says when it was sent, so that the age of the oldest waiting one can be read in the queue."""

import time
from typing import Any

from celery.signals import before_task_publish

HEADER = "sent_at"


@before_task_publish.connect(dispatch_uid="opsportal.sent_at")
def stamp(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Set the header `sent_at`: Unix seconds. A message that is sent again keeps its first time."""
    if headers is not None:
        headers.setdefault(HEADER, time.time())
