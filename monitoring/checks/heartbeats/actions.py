"""Writes of heartbeats: the address of a check, and the pings that arrive there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from monitoring.checks.choices import PingKind
from monitoring.checks.heartbeats import pairing, queries
from monitoring.checks.models import Check, CheckSchedule, HeartbeatKey, HeartbeatPing
from monitoring.checks.wakeup import wake_engines

USER_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who pinged, and what was sent along: `body` its first bytes, `body_size` the size of all."""

    method: str
    remote_address: str | None = None
    user_agent: str = ""
    body: bytes = b""
    body_size: int = 0


@transaction.atomic
def key_ensure(check: Check) -> HeartbeatKey:
    """The key of a heartbeat check's address: the one its settings ask for (`ping_key`), else the one it has, else a
    new one.

    Raises ValidationError on `settings.ping_key` when an edit asks for another check's key. A new check that asks for
    one is a copy of that check: it gets a key of its own.
    """
    wanted = check.settings.get("ping_key") or None
    mine = HeartbeatKey.objects.filter(check_ref=check).first()
    if wanted and HeartbeatKey.objects.filter(key=wanted).exclude(check_ref=check).exists():
        if mine:
            raise ValidationError({"settings.ping_key": "Another check has this key; leave it empty for a new one."})
        wanted = None
        check.settings = check.settings | {"ping_key": ""}
        check.save(update_fields=["settings"])
    if mine is None:
        return HeartbeatKey.objects.create(check_ref=check, **({"key": wanted} if wanted else {}))
    if wanted and str(mine.key) != wanted:
        mine.key = UUID(wanted)
        mine.save(update_fields=["key"])
    return mine


@transaction.atomic
def ping_store(
    *,
    key: UUID,
    kind: PingKind,
    caller: Caller,
    now: datetime,
    run_id: UUID | None = None,
    exit_code: int | None = None,
) -> HeartbeatPing:
    """Store a ping, with the duration of the run that it ends, and make its check due at once.

    Raises HeartbeatKey.DoesNotExist for a key that no check has.
    """
    check_id = HeartbeatKey.objects.select_for_update().get(key=key).check_ref_id
    ping = HeartbeatPing.objects.create(
        time=now,
        check_id=check_id,
        kind=kind,
        exit_code=exit_code,
        run_id=run_id,
        duration_s=_duration_s(check_id, kind, run_id, now),
        method=caller.method,
        remote_address=caller.remote_address,
        user_agent=caller.user_agent[:USER_AGENT_LENGTH],
        body=caller.body,
        body_size=caller.body_size,
    )
    if kind != PingKind.LOG:
        _make_due(check_id, now)
    return ping


def _duration_s(check_id: int, kind: PingKind, run_id: UUID | None, now: datetime) -> float | None:
    if kind not in {PingKind.SUCCESS, PingKind.FAIL}:
        return None
    lasted = pairing.duration_of(queries.recent_pings(check_id), pairing.Ping(now, kind, run_id))
    return lasted.total_seconds() if lasted is not None else None


def _make_due(check_id: int, now: datetime) -> None:
    runnable = Check.objects.filter(pk=check_id).runnable(now)
    if CheckSchedule.objects.filter(check_ref__in=runnable).update(next_check_at=now):
        wake_engines()
