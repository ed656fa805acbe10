"""Push to browsers: rooms publish updates of a topic, every web process fans them out to the open pages.

    live.topics.register("services", permission="checks.view_service", snapshot=services_now)
    transaction.on_commit(lambda: live.publish("services", {"7": {"id": "7", "status": "down"}}))

`docs/live.md` describes the protocol between the hub and the browser.
"""

from opsportal.live import topics
from opsportal.live.publisher import adisconnect, apublish, apublish_many, publish, publish_many, recheck_user

__all__ = ["adisconnect", "apublish", "apublish_many", "publish", "publish_many", "recheck_user", "topics"]
