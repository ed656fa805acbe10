"""Events of the feed, a page at a time by key: the cost of a page does not grow with its distance from the newest."""

from dataclasses import dataclass

from django.db.models import Q

from monitoring.dashboards.filters import FeedFilter, cursor
from monitoring.events.models import Event

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class FeedPage:
    """`older` is the key where the next page begins; "" where there is none."""

    events: list[Event]
    older: str


def feed_page(asked: FeedFilter) -> FeedPage:
    found = Event.objects.between(asked.start, asked.end)
    if asked.kind:
        found = found.of_kind(asked.kind)
    if asked.severities:
        found = found.filter(severity__in=asked.severities)
    if asked.subject:
        found = found.of_subject(asked.subject)
    if asked.text:
        found = found.search(asked.text)
    if asked.before:
        time, event_id = asked.before
        found = found.filter(time__lte=time).filter(Q(time__lt=time) | Q(id__lt=event_id))
    events = list(found.order_by("-time", "-id")[: PAGE_SIZE + 1])
    more = len(events) > PAGE_SIZE
    events = events[:PAGE_SIZE]
    return FeedPage(events, cursor(events[-1].time, events[-1].pk) if more else "")
