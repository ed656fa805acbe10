"""The sweeps: shared by any number of alerters, never doubled, and what is late is counted."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from alerts.delivery.models import Delivery
from alerts.oncall import sweeping
from alerts.oncall.models import Escalation, Page, PolicyStep
from alerts.oncall.queries import LateWork, late_work
from alerts.oncall.stepping import steps_do
from security.access.models import User
from tests.alerts.oncall.world import START, World, contact, policy, rule, step, user_target


@pytest.fixture
def world(db: None) -> World:
    return World()


def start_many(world: World, user: User, count: int) -> None:
    rules = policy(step(user_target(user), round_robin=True))
    for number in range(count):
        world.start(rules, subject=f"incident:{number}")


def test_a_look_does_what_is_due_and_says_when_more_is(world: World, ada: User) -> None:
    contact(ada)
    world.start(policy(step(user_target(ada), wait_s=300)))
    steps, _ = sweeping.ESCALATION_SWEEPS
    assert steps.run(START) == START + timedelta(seconds=300)
    assert Delivery.objects.count() == 1


def test_a_look_is_bounded_and_asks_to_go_on(world: World, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    contact(ada)
    monkeypatch.setattr(sweeping, "BATCH", 1)
    monkeypatch.setattr(sweeping, "BATCHES", 2)
    start_many(world, ada, 3)
    steps, _ = sweeping.ESCALATION_SWEEPS
    assert steps.run(START) == START
    assert Delivery.objects.count() == 2


def test_nothing_due_is_said_to_be_nothing(db: None) -> None:
    assert [sweep.run(START) for sweep in sweeping.ESCALATION_SWEEPS] == [None, None]


def test_pages_are_sent_by_their_own_look(world: World, ada: User) -> None:
    rule(contact(ada), 60)
    world.start(policy(step(user_target(ada))))
    _, pages = sweeping.ESCALATION_SWEEPS
    steps_do(START, 10)
    assert pages.run(START) == START + timedelta(seconds=60)
    assert pages.run(START + timedelta(seconds=60)) is None
    assert Delivery.objects.count() == 1


def in_threads(count: int, work: "threading.Barrier", run: "list[int]") -> list[threading.Thread]:
    def one() -> None:
        try:
            work.wait(10)
            while done := steps_do(START, 7):
                run.append(done)
        finally:
            connection.close()

    return [threading.Thread(target=one) for _ in range(count)]


@pytest.mark.django_db(transaction=True)
def test_two_alerters_share_the_work_and_double_nothing(transactional_people: User) -> None:
    start_many(World(), transactional_people, 60)
    done: list[int] = []
    threads = in_threads(2, threading.Barrier(2), done)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(done) == 60
    assert Delivery.objects.count() == 60
    assert PolicyStep.objects.get().turn == 60


@pytest.fixture
def transactional_people(transactional_db: None) -> User:
    user = User.objects.create_user("ada")
    contact(user)
    return user


@pytest.mark.django_db(transaction=True)
def test_what_another_alerter_has_in_hand_is_passed_by(transactional_people: User) -> None:
    start_many(World(), transactional_people, 1)
    seen: list[int] = []

    def other() -> None:
        seen.append(steps_do(START, 10))
        connection.close()

    with transaction.atomic():
        assert steps_do(START, 10) == 1
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
    assert seen == [0]


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_breaks_is_done_again_whole(transactional_people: User, monkeypatch: pytest.MonkeyPatch) -> None:
    start_many(World(), transactional_people, 3)
    with monkeypatch.context() as broken:
        broken.setattr("alerts.oncall.stepping.move", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            steps_do(START, 10)
    assert Delivery.objects.count() == 0
    assert steps_do(START, 10) == 3
    assert Delivery.objects.count() == 3


def test_a_batch_takes_a_few_statements_however_many_there_are(
    world: World, ada: User, django_assert_max_num_queries: object
) -> None:
    contact(ada)
    start_many(world, ada, 40)
    with django_assert_max_num_queries(17):  # type: ignore[operator]
        assert steps_do(START, 100) == 40


def test_nothing_is_late_when_everything_was_done(world: World, ada: User) -> None:
    contact(ada)
    world.start(policy(step(user_target(ada))))
    world.run()
    world.send()
    assert late_work(START + timedelta(minutes=1)) == LateWork(0, 0, 0, 0.0)


def test_a_step_that_nobody_did_is_late(world: World, ada: User) -> None:
    contact(ada)
    world.start(policy(step(user_target(ada))))
    assert late_work(START + timedelta(seconds=5)).total == 0
    assert late_work(START + timedelta(seconds=60)) == LateWork(1, 0, 0, 60.0)


def test_a_page_that_nobody_sent_is_late(world: World, ada: User) -> None:
    rule(contact(ada), 60)
    world.start(policy(step(user_target(ada), wait_s=900)))
    world.run()
    assert Page.objects.count() == 1
    assert late_work(START + timedelta(seconds=160)).pages == 1


def test_a_delivery_that_nobody_tried_is_late_and_one_in_hand_is_not(world: World, ada: User) -> None:
    contact(ada)
    world.start(policy(step(user_target(ada), wait_s=900)))
    world.run()
    later = START + timedelta(seconds=60)
    assert late_work(later).deliveries == 1
    Delivery.objects.update(state="sending", lease_until=later + timedelta(seconds=5))
    assert late_work(later).deliveries == 0


def test_what_is_held_is_never_late(world: World, ada: User) -> None:
    contact(ada)
    escalation = world.start(policy(step(user_target(ada)), name="Held"), subject="incident:42")
    world.acknowledge()
    assert late_work(START + timedelta(days=1)).total == 0
    assert Escalation.objects.get(pk=escalation.pk).next_step_at is None
