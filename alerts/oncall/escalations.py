"""Writes of running escalations: start, update, hold, resume, end. Each may be asked for again, and does it once.

A subject such as `incident:42` may have several, of different policies; all but `escalation_start` are about all of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import orjson
from django.db import transaction

from alerts.delivery.bulk import Wanted, cancel_keyed, deliver_many, owed_an_end
from alerts.delivery.choices import MessageKind, Urgency
from alerts.delivery.messages import Message
from alerts.delivery.models import Delivery
from alerts.oncall.choices import EscalationState, StepOutcome
from alerts.oncall.directory import quiet_window
from alerts.oncall.escalation import Plan, told_more_when_worse
from alerts.oncall.models import Escalation, EscalationEntry, EscalationPolicy, Page, QuietHours
from alerts.oncall.starting import ESCALATIONS, Beginning, begin, lock_subject, lock_subjects
from alerts.oncall.windows import after_quiet
from opsportal.sweeps import wake

RUN = ("step", "lap", "lap_told", "lap_empty", "state", "next_step_at", "episode", "resumed_at")


@transaction.atomic
def escalation_start(
    *,
    subject: str,
    policy: EscalationPolicy,
    message: Message,
    severity: str,
    urgency: str,
    fair_key: str = "",
    now: datetime,
) -> Escalation:
    """Begin to tell people of `subject` by a policy, as the policy is now; its first step is due at once.

    Is the policy at work on the subject already, that one goes on, and says `message` from now on.
    """
    running = [one for one in lock_subject(subject) if one.policy_id == policy.pk]
    stored = replace(message, subject=subject).as_json()
    if running:
        _say_from_now_on(running, stored)
        return running[0]
    begin(policy, [Beginning(subject, stored, severity, urgency, fair_key)], now)
    return Escalation.objects.exclude(state=EscalationState.OVER).get(subject=subject, policy=policy)


@transaction.atomic
def escalations_start(policy: EscalationPolicy, beginnings: Sequence[Beginning], *, now: datetime) -> int:
    """As `escalation_start`, of one policy on many subjects, with as many statements as for one; how many began.

    Of a subject named twice the last counts. Some hundreds in one call: each subject is a lock.
    """
    wanted = {one.subject: one for one in beginnings}
    running = [one for one in lock_subjects(list(wanted)) if one.policy_id == policy.pk]
    for one in running:
        one.message = wanted.pop(one.subject).message
    Escalation.objects.bulk_update(running, ["message"])
    begin(policy, list(wanted.values()), now)
    return len(wanted)


@transaction.atomic
def escalation_update(*, subject: str, message: Message, severity: str, now: datetime) -> int:
    """Say `message` from now on; how many escalations that are. Nobody is told at once, but where it became so severe that steps which were
    left out would be done: then it pages again from the first step."""
    live = lock_subject(subject)
    _say_from_now_on(live, replace(message, subject=subject).as_json())
    worse = []
    for one in live:
        if severity != one.severity and told_more_when_worse(Plan.of_json(one.plan), one.severity, severity):
            worse.append(one)
        one.severity = severity
        one.save(update_fields=["severity"])
    _begin_again([one for one in worse if one.state != EscalationState.HELD], live, now)
    return len(live)


@transaction.atomic
def escalation_hold(*, subject: str, now: datetime, reason: str) -> int:
    """Acknowledged or snoozed: stop, and cancel what waits to be sent; how many were running. What is cancelled says `reason`."""
    live = [one for one in lock_subject(subject) if one.state != EscalationState.HELD]
    for one in live:
        one.state, one.next_step_at = EscalationState.HELD, None
        one.save(update_fields=["state", "next_step_at"])
    _void(live, now)
    cancel_keyed(subject=subject, prefix=f"{subject}/e", now=now, why=reason)
    return len(live)


@transaction.atomic
def escalation_resume(*, subject: str, now: datetime, reason: str) -> int:
    """An acknowledgement or a snooze is over: page again from the first step, in a new episode; how many do.

    Those that run go on as they are. `reason` stands in the timeline.
    """
    live = lock_subject(subject)
    held = [one for one in live if one.state == EscalationState.HELD]
    _begin_again(held, live, now)
    EscalationEntry.objects.bulk_create(
        EscalationEntry(
            escalation=one,
            time=now,
            episode=one.episode,
            step=0,
            lap=0,
            outcome=StepOutcome.RESUMED,
            summary=reason[:500],
        )
        for one in held
    )
    return len(held)


@transaction.atomic
def escalation_end(*, subject: str, message: Message, now: datetime) -> int:
    """Resolved: cancel everything that waits, and tell whoever was told of firing that it is over, by the same contacts and channels, once;
    how many that are."""
    live = lock_subject(subject)
    if not live:
        return 0
    _void(live, now)
    episodes = range(min(one.first_episode for one in live), max(one.episode for one in live) + 1)
    owed = owed_an_end(subject, tuple(f"{subject}/e{episode}/" for episode in episodes))
    cancel_keyed(subject=subject, prefix=f"{subject}/e", now=now, why="It was resolved.")
    end = replace(message, subject=subject, kind=MessageKind.RESOLVED)
    told = deliver_many(_ends(owed, end, f"{subject}/e{episodes[-1]}/resolved", now), now=now)
    ids = [one.pk for one in live]
    Escalation.objects.filter(pk__in=ids).update(state=EscalationState.OVER, next_step_at=None, ended_at=now)
    return told


def _ends(owed: Sequence[Delivery], message: Message, prefix: str, now: datetime) -> list[Wanted]:
    """One for each contact and channel; what is not urgent waits until the quiet hours are over."""
    text = orjson.dumps(message.as_json()).decode()
    told = {(one.channel_id, one.contact_id): one for one in owed if one.channel_id is not None}
    calm = [one.user_id for one in told.values() if one.urgency != Urgency.HIGH and one.user_id is not None]
    quiet = {one.user_id: quiet_window(one) for one in QuietHours.objects.filter(user__in=calm)} if calm else {}
    wanted = []
    for (channel_id, contact_id), one in told.items():
        assert channel_id is not None  # noqa: S101 - left out above
        place = (
            f"user:{one.user_id}/contact:{contact_id}/channel:{channel_id}" if contact_id else f"channel:{channel_id}"
        )
        wanted.append(
            Wanted(
                key=f"{prefix}/{place}",
                subject=message.subject,
                message=text,
                thread=one.thread,
                kind=MessageKind.RESOLVED,
                why=f"was told that it fires: {one.why}",
                target_name=one.target_name,
                channel_id=channel_id,
                contact_id=contact_id,
                user_id=one.user_id,
                address=one.address,
                urgency=one.urgency,
                fair_key=one.fair_key,
                not_before=after_quiet(quiet.get(one.user_id or 0), now),
            )
        )
    return wanted


def _say_from_now_on(live: Sequence[Escalation], stored: dict[str, object]) -> None:
    Escalation.objects.filter(pk__in=[one.pk for one in live]).update(message=stored)


def _begin_again(some: Sequence[Escalation], live: Sequence[Escalation], now: datetime) -> None:
    """Page from the first step in episodes of their own."""
    _void(some, now)
    last = max((one.episode for one in live), default=0)
    for number, one in enumerate(some, start=1):
        one.step = one.lap = 0
        one.lap_told = one.lap_empty = False
        one.state, one.next_step_at = EscalationState.RUNNING, now
        one.episode, one.resumed_at = last + number, now
        one.save(update_fields=RUN)
    if some:
        wake(ESCALATIONS)


def _void(some: Sequence[Escalation], now: datetime) -> None:
    """Nothing of theirs is due any more."""
    Page.objects.filter(escalation__in=some, due_at__isnull=False).update(due_at=None, done_at=now)
