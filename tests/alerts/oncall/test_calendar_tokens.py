"""Who may read a calendar by its token."""

from datetime import timedelta

from alerts.oncall import actions
from alerts.oncall.calendars.queries import feed_by_token
from alerts.oncall.models import Feed
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule


def test_a_token_opens_its_schedule_and_no_other(ada: User) -> None:
    one, other = schedule(layer(ada)), schedule(layer(ada), name="Other")
    feed, token = actions.feed_create(user=ada, schedule=one, now=MONDAY)
    assert feed_by_token(token, one) == feed
    assert feed_by_token(token, other) is None
    assert feed_by_token(token, None) is None


def test_the_token_itself_is_not_stored(ada: User) -> None:
    _, token = actions.feed_create(user=ada, schedule=None, now=MONDAY)
    assert token not in str(Feed.objects.values()) + str(Event.objects.values())


def test_a_new_token_takes_the_one_before_back(ada: User) -> None:
    _, first = actions.feed_create(user=ada, schedule=None, now=MONDAY)
    feed, second = actions.feed_create(user=ada, schedule=None, now=MONDAY)
    assert (feed_by_token(first, None), feed_by_token(second, None)) == (None, feed)


def test_a_token_that_was_taken_back_opens_nothing(ada: User) -> None:
    feed, token = actions.feed_create(user=ada, schedule=None, now=MONDAY)
    actions.feed_revoke(feed=feed, by=ada)
    assert feed_by_token(token, None) is None
    assert Event.objects.filter(kind="alerts.feed.revoked").exists()


def test_a_token_shows_no_more_than_its_person_may_see(mallory: User, otto: User) -> None:
    _, of_mallory = actions.feed_create(user=mallory, schedule=None, now=MONDAY)
    _, of_otto = actions.feed_create(user=otto, schedule=None, now=MONDAY)
    User.objects.filter(pk=otto.pk).update(is_active=False)
    assert feed_by_token(of_mallory, None) is None
    assert feed_by_token(of_otto, None) is None


def test_what_is_no_token_is_not_even_looked_up(db: None) -> None:
    assert feed_by_token("' OR 1=1", None) is None


def test_a_reading_is_noted_at_most_once_an_hour(ada: User) -> None:
    feed, _ = actions.feed_create(user=ada, schedule=None, now=MONDAY)
    for minutes in (0, 30):
        actions.feed_used(feed=feed, now=MONDAY + timedelta(minutes=minutes))
    feed.refresh_from_db()
    assert feed.last_used_at == MONDAY
