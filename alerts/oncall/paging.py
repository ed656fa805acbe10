"""Due pages: what a person's later rules say, for a batch at once."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from alerts.oncall.choices import StepOutcome
from alerts.oncall.claiming import FIELDS, Claimed
from alerts.oncall.escalation import Place
from alerts.oncall.models import Page
from alerts.oncall.telling import Telling

# Their escalations are locked too: two sweeps must not tell the same contact of the same subject at the same moment.
CLAIM = f"""
SELECT p.id, p.user_id, p.contact_id, p.why, p.key, p.lap, p.step, {FIELDS}
FROM oncall_page p JOIN oncall_escalation e ON e.id = p.escalation_id
WHERE p.due_at <= %s AND e.state IN ('running', 'exhausted') AND e.episode = p.episode
ORDER BY p.due_at LIMIT %s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - own names


@transaction.atomic
def pages_do(now: datetime, limit: int) -> int:
    """Send the pages that are due, at most so many; how many."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, limit])
        rows = cursor.fetchall()
    if not rows:
        return 0
    due = [(row[:7], Claimed.of_row(row[7:])) for row in rows]
    telling = Telling.about(list({one.id: one for _, one in due}.values()), now)
    telling.directory.load_people({page[1] for page, _ in due})
    for page, one in due:
        _send(telling, page, one)
    telling.store()
    Page.objects.filter(pk__in=[page[0] for page, _ in due]).update(due_at=None, done_at=now)
    return len(due)


def _send(telling: Telling, page: tuple[Any, ...], one: Claimed) -> None:
    _, user_id, contact_id, why, key, lap, step = page
    then = replace(one, place=Place(step, lap))
    contacts = telling.directory.contacts.get(user_id, ())
    contact = next((contact for contact in contacts if contact.id == contact_id), None)
    if user_id not in telling.directory.names or contact is None or contact.fault:
        name = telling.directory.names.get(user_id, "an account that is not active")
        words = f"{name} was not told ({why}): the contact {contact.fault if contact else 'is gone'}."
        telling.note(then, StepOutcome.EMPTY, words)
        telling.warn(then, words)
    else:
        telling.say(then, key, why, contact, later=True)
