"""What is posted to `/api/v2/alerts`: read, checked and put as the inbox holds it, with Alertmanager's words for what is wrong. Pure.

Source: Alertmanager 0.25, `api/v2/openapi.yaml`, and its answers as they came. Left out of its checks: whether `generatorURL` is one.
"""

from datetime import UTC, datetime
from typing import Any

import orjson

from alerts.incidents.doors.errors import BodyError
from alerts.incidents.identity import LabelError, labels_check

MOST_ALERTS = 20_000
MOST_TEXT = 1_000_000  # characters of all annotations of an alert
ZERO_YEAR = 1  # Go's way to say that there is no time
NO_CODE = 602  # "is required", as go-openapi numbers it


def alerts_of(body: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """The alerts of a post, as `IncomingAlert.as_json` writes them, and what is wrong with the others. Raises BodyError."""
    if not body.strip():
        raise BodyError(422, {"code": NO_CODE, "message": "alerts in body is required"})
    try:
        posted = orjson.loads(body)
    except ValueError as error:
        raise unreadable(str(error)) from None
    if not isinstance(posted, list):
        raise unreadable("an array of alerts is expected")
    if len(posted) > MOST_ALERTS:
        raise unreadable(f"there are {len(posted)} alerts, at most {MOST_ALERTS} are taken at once; send them in parts")
    good: list[dict[str, Any]] = []
    faults: list[str] = []
    for place, one in enumerate(posted):
        alert = one if isinstance(one, dict) else {}
        if "labels" not in alert:
            raise BodyError(422, {"code": NO_CODE, "message": f"{place}.labels in body is required"})
        try:
            good.append(alert_of(alert))
        except LabelError as error:
            faults.append(f"{place}: {error}")
    return good, faults


def alert_of(posted: dict[str, Any]) -> dict[str, Any]:
    """One alert. Raises LabelError for what this alert alone is refused for, BodyError for what the body is."""
    if not isinstance(posted["labels"], dict):
        raise unreadable("labels are an object of texts")
    starts_at, ends_at = time_of(posted.get("startsAt")), time_of(posted.get("endsAt"))
    if starts_at and ends_at and ends_at < starts_at:
        raise LabelError("start time must be before end time")
    return {
        "labels": labels_check(posted["labels"]),
        "annotations": annotations_of(posted.get("annotations")),
        "starts_at": starts_at.isoformat() if starts_at else None,
        "ends_at": ends_at.isoformat() if ends_at else None,
        "generator_url": text_of(posted.get("generatorURL"))[:4000],
    }


def annotations_of(posted: Any) -> dict[str, str]:
    """Annotations as they can be stored."""
    if not posted:
        return {}
    if not isinstance(posted, dict):
        raise unreadable("annotations are an object of texts")
    if sum(len(value) for value in posted.values() if isinstance(value, str)) > MOST_TEXT:
        raise LabelError(f"annotations: at most {MOST_TEXT:,} characters together")
    return {text_of(name): text_of(value) for name, value in posted.items()}


def text_of(value: Any) -> str:
    """A text without NUL, which PostgreSQL cannot hold."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise unreadable(f"{str(value)[:40]!r} is not a text: write it in quotes")
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in value else value


def time_of(value: Any) -> datetime | None:
    """RFC 3339; none, an empty text and Go's zero time are no time."""
    if not value:
        return None
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise unreadable(f"parsing time {str(value)[:40]!r}: write it as 2026-11-24T18:00:00Z") from None
    if time.year == ZERO_YEAR:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def unreadable(why: str) -> BodyError:
    return BodyError(400, {"code": 400, "message": f'parsing alerts body from "" failed, because {why}'})
