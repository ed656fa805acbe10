"""Writes of calendar addresses."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from alerts.oncall.models import Feed, Schedule
from monitoring.events.announcing import announce
from opsportal.writing import Person
from security.access import tokens
from security.access.models import User

USE_NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def feed_create(*, user: User, schedule: Schedule | None, now: datetime, by: Person = None) -> tuple[Feed, str]:
    """Make the token by which `user`'s calendar reads a schedule, or their own shifts (None), and take back the one before.

    The feed and the token, which is kept nowhere.
    """
    Feed.objects.filter(user=user, schedule=schedule).delete()
    token = tokens.generate()
    feed = Feed.objects.create(user=user, schedule=schedule, digest=tokens.digest(token), created_at=now)
    _announce("alerts.feed.created", "was made", feed, by)
    return feed, token


@transaction.atomic
def feed_revoke(*, feed: Feed, by: Person = None) -> None:
    """Take a token back: calendars that use it are refused from now on."""
    _announce("alerts.feed.revoked", "was taken back", feed, by)
    feed.delete()


def feed_used(*, feed: Feed, now: datetime) -> None:
    """Note that a feed was read, at most once an hour."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    Feed.objects.filter(stale, pk=feed.pk).update(last_used_at=now)


def _announce(kind: str, verb: str, feed: Feed, by: Person) -> None:
    what = f"schedule {feed.schedule}" if feed.schedule else "own shifts"
    announce(
        kind=kind,
        subject=f"user:{feed.user.get_username()}",
        summary=f"The calendar address of {feed.user.get_username()} for {what} {verb}",
        by=by,
    )
