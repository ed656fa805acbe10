"""What a batch of escalations says: gathered first, then stored in a statement for each table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from alerts.delivery.bulk import Wanted, deliver_many
from alerts.oncall.announcing import emit_many
from alerts.oncall.choices import StepOutcome
from alerts.oncall.claiming import Claimed, just_told
from alerts.oncall.directory import Directory, Outlet
from alerts.oncall.models import Page
from alerts.oncall.personal import Contact, Way, unreachable, ways
from monitoring.events.bulk import NewEvent
from monitoring.events.choices import Severity

TOGETHER = timedelta(seconds=10)  # the same contact due twice within it is one message
NOBODY = "alerts.escalation.nobody"
STORE_ENTRIES = """
INSERT INTO oncall_escalationentry (escalation_id, time, episode, step, lap, outcome, summary, targets)
SELECT escalation, time, episode, step, lap, outcome, summary, targets FROM json_to_recordset(%s::json)
    AS w(escalation bigint, time timestamptz, episode int, step int, lap int, outcome text, summary text, targets jsonb)
"""
SUMMARY_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be told. `words`: why them, such as "on call in Primary"."""

    user_id: int
    words: str


@dataclass(slots=True)
class Telling:
    """What is to be stored of a batch at `now`."""

    now: datetime
    directory: Directory
    recent: set[tuple[str, int, int | None]]
    wanted: list[Wanted] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    _ways: dict[tuple[int, str], list[Way]] = field(default_factory=dict)

    @classmethod
    def about(cls, claimed: list[Claimed], now: datetime) -> "Telling":
        recent = just_told(claimed, now - TOGETHER) if claimed else set()
        return cls(now, Directory(now), recent)

    def ways_to(self, user_id: int, urgency: str) -> list[Way]:
        """By which contacts a person is told, and when; empty: not at all. The person is loaded."""
        asked = (user_id, urgency)
        if asked not in self._ways:
            known = self.directory
            self._ways[asked] = (
                ways(
                    known.rules.get(asked, ()),
                    known.contacts.get(user_id, ()),
                    urgency=urgency,
                    quiet=known.quiet.get(user_id),
                    now=self.now,
                )
                if user_id in known.names
                else []
            )
        return self._ways[asked]

    def why_not(self, user_id: int) -> str:
        """Why a person is not told, in words."""
        name = self.directory.names.get(user_id)
        return f"{name} {unreachable(self.directory.contacts.get(user_id, []))}" if name else "an account is not active"

    def tell_person(self, one: Claimed, person: Person, reason: str, place: str) -> list[str]:
        """Say it by each of the person's ways, at once or later; in words."""
        told = []
        for way in self.ways_to(person.user_id, one.urgency):
            why = f"{person.words}, {reason}, {way.words}"
            key = f"{one.prefix}/{place}/user:{person.user_id}/contact:{way.contact.id}"
            if way.due_at <= self.now:
                told.append(way.words + self.say(one, key, why, way.contact))
            else:
                self.pages.append(self._page(one, key, why, way))
                told.append(f"{way.words}, due {way.due_at:%Y-%m-%d %H:%M:%S} UTC")
        return told

    def _page(self, one: Claimed, key: str, why: str, way: Way) -> Page:
        return Page(
            escalation_id=one.id,
            user_id=way.contact.user_id,
            contact_id=way.contact.id,
            why=why[:SUMMARY_LENGTH],
            key=f"{key}/{way.due_at:%Y%m%dT%H%M%S}",
            episode=one.episode,
            lap=one.place.lap,
            step=one.place.step,
            due_at=way.due_at,
        )

    def say(self, one: Claimed, key: str, why: str, to: Contact | Outlet, *, later: bool = False) -> str:
        """Put one message into the outbox, unless the same was just said there; what to add to the words about it."""
        contact = to if isinstance(to, Contact) else None
        channel_id = to.channel_id if isinstance(to, Contact) else to.id
        said = (one.subject, channel_id, contact.id if contact else None)
        if said in self.recent:
            return " (was just told)"
        self.recent.add(said)
        self.wanted.append(
            Wanted(
                key=key,
                subject=one.subject,
                message=one.message,
                thread=one.thread,
                why=why,
                target_name=f"{self.directory.names.get(contact.user_id, '')} by {contact.name}"
                if contact
                else to.name,
                channel_id=channel_id,
                contact_id=contact.id if contact else None,
                user_id=contact.user_id if contact else None,
                address=contact.address if contact else "",
                urgency=one.urgency,
                fair_key=one.fair_key,
                is_first=one.place.step == 0 and one.place.lap == 0 and not later,
            )
        )
        return ""

    def stored_message(self, one: Claimed) -> Any:
        """What it says, as a JSON column takes it."""
        return orjson.loads(one.message)

    def note(self, one: Claimed, outcome: StepOutcome, summary: str, targets: Sequence[dict[str, Any]] = ()) -> None:
        """What the present step did, for the timeline."""
        words = summary if len(summary) <= SUMMARY_LENGTH else summary[: SUMMARY_LENGTH - 2] + " …"
        place = one.place
        self.entries.append(
            {
                "escalation": one.id,
                "time": self.now,
                "episode": one.episode,
                "step": place.step,
                "lap": place.lap,
                "outcome": outcome.value,
                "summary": words,
                "targets": targets,
            }
        )

    def warn(self, one: Claimed, summary: str, severity: Severity = Severity.CRITICAL, kind: str = NOBODY) -> None:
        """Say loudly that somebody who should be told is not."""
        payload = {"policy": one.plan.policy, "step": one.place.step + 1, "lap": one.place.lap, "escalation": one.id}
        self.events.append(NewEvent(self.now, kind, severity, one.subject, summary, payload))

    def store(self) -> None:
        """In the caller's transaction."""
        deliver_many(self.wanted, now=self.now)
        if self.pages:
            Page.objects.bulk_create(self.pages, ignore_conflicts=True)
        if self.entries:
            with connection.cursor() as cursor:
                cursor.execute(STORE_ENTRIES, [orjson.dumps(self.entries).decode()])
        emit_many(self.events)
