"""What a calendar's address shows, by its token."""

from collections.abc import Callable, Sequence
from datetime import datetime

from alerts.oncall.calendars.feed import Entry, calendar, window
from alerts.oncall.models import Feed, Schedule
from alerts.oncall.people import name_of
from alerts.oncall.queries import people_of
from alerts.oncall.reading import plans
from alerts.oncall.timeline import by_person, final
from security.access import tokens
from security.access.models import User


def feed_by_token(token: str, schedule: Schedule | None) -> Feed | None:
    """The feed of a token, if it is for this schedule (None: own shifts) and its person may still look."""
    if not tokens.is_token(token):
        return None
    feed = Feed.objects.select_related("user").filter(digest=tokens.digest(token), schedule=schedule).first()
    if feed is None or not feed.user.is_active or not feed.user.has_perm("oncall.view_schedule"):
        return None
    return feed


def feed_calendar(feed: Feed, now: datetime, url_of: Callable[[Schedule], str]) -> bytes:
    """The file: everybody's shifts of the feed's schedule, or its person's on all schedules. At most five statements."""
    if feed.schedule is not None:
        return calendar(f"On call: {feed.schedule}", entries([feed.schedule], now, url_of))
    found = entries(list(Schedule.objects.order_by("pk")), now, url_of, only=feed.user)
    return calendar(f"On call: {name_of(feed.user)}", found)


def entries(
    schedules: Sequence[Schedule], now: datetime, url_of: Callable[[Schedule], str], only: User | None = None
) -> list[Entry]:
    start, end = window(now)
    stretches = {pk: final(plan, start, end) for pk, plan in plans(schedules, start, end).items()}
    people = people_of(stretch for found in stretches.values() for stretch in found)
    return [
        Entry(schedule.pk, schedule.name, person, name_of(people[person]), *span, schedule.updated_at, url_of(schedule))
        for schedule in schedules
        for person, spans in sorted(by_person(stretches[schedule.pk]).items())
        if person in people and (only is None or person == only.pk)
        for span in spans
    ]
