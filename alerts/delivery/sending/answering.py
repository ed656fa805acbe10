"""How the reader of a message may answer it, worked out in a thread of its own with Django's connection."""

from typing import Any

from django.db import connection

from alerts.delivery.models import Delivery


def ways_to_answer(row: dict[str, Any]) -> dict[str, Any]:
    """`answer_url`, `code` and `callback_url` of the envelope of a claimed row."""
    from alerts.delivery.answers.links import answering  # late, because answers read deliveries themselves

    try:
        return dict(answering(Delivery.objects.select_related("channel").get(pk=row["id"]))._asdict())
    except Exception:
        connection.close()  # it may be what is wrong
        raise
