"""The state machine, against a naive oracle, and what its words mean."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules.choices import OnTrouble
from alerts.rules.states import (
    HISTORY_LENGTH,
    Labels,
    Moment,
    Observation,
    Seen,
    State,
    Terms,
    evaluated,
    flap_percent,
    history_at,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHOP: Labels = (("service", "shop"),)
STEP = timedelta(seconds=15)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


class Naive:
    """One label set as Prometheus's rules/alerting.go and the reference have it, kept as whole lists instead of states."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.phase, self.active_at, self.false_since = "inactive", NOW, NOW
        self.bits: list[bool] = [False] * HISTORY_LENGTH
        self.flapping = False

    def step(self, problem: bool, recovered: bool, at: datetime) -> None:
        fires = self.phase in ("firing", "recovering")
        if problem:
            if self.phase in ("inactive", "resolved"):
                self.active_at = at
            long_enough = at - self.active_at >= self.terms.for_
            self.phase = "firing" if fires or long_enough else "pending"
        elif fires:
            if self.phase == "firing":
                self.false_since = at
            over = recovered and at - self.false_since >= self.terms.keep_firing_for
            self.phase = "resolved" if over else "recovering"
        elif self.phase == "pending":
            self.phase = "inactive"
        self.bits.append(self.phase in ("firing", "recovering"))
        changes = sum(one != other for one, other in pairwise(self.bits[-HISTORY_LENGTH:]))
        percent = 100 * changes / (HISTORY_LENGTH - 1)
        self.flapping = percent > 30 or (self.flapping and percent > 15)


EVALUATIONS = st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from([15, 15, 15, 30, 61])), max_size=120)
TERMS = st.builds(
    Terms,
    for_=st.sampled_from([seconds(0), seconds(15), seconds(40), seconds(120)]),
    keep_firing_for=st.sampled_from([seconds(0), seconds(15), seconds(50)]),
    flaps=st.just(True),
)


@settings(max_examples=600, deadline=None)
@given(TERMS, EVALUATIONS)
def test_states_are_those_of_a_naive_oracle(terms: Terms, evaluations: list[tuple[bool, bool, int]]) -> None:
    naive, states, at = Naive(terms), dict[Labels, State](), NOW
    for number, (problem, recovered, gap) in enumerate(evaluations, 1):
        at += seconds(gap)
        recovered = recovered and not problem
        naive.step(problem, recovered, at)
        seen = Observation({SHOP: Seen(problem, recovered, 1.0)})
        _apply(states, evaluated(states, seen, terms, Moment(at, number)))
        state = states.get(SHOP)
        phase = state.phase if state else "inactive"
        same = {naive.phase, phase} <= {"inactive", "resolved"} or phase == naive.phase
        assert same, (number, naive.phase, phase)
        assert (state.flapping if state else False) == naive.flapping
        if state:
            assert history_at(state, number) == "".join("1" if bit else "0" for bit in naive.bits[-HISTORY_LENGTH:])
        else:
            assert not any(naive.bits[-HISTORY_LENGTH:])


def _apply(states: dict[Labels, State], changes: dict[Labels, State | None]) -> None:
    for labels, state in changes.items():
        if state is None:
            states.pop(labels, None)
        else:
            states[labels] = state


@settings(max_examples=200, deadline=None)
@given(TERMS, EVALUATIONS)
def test_a_state_that_stays_as_it_is_is_not_among_the_changes(
    terms: Terms, evaluations: list[tuple[bool, bool, int]]
) -> None:
    states, at = dict[Labels, State](), NOW
    for number, (problem, recovered, gap) in enumerate(evaluations, 1):
        at += seconds(gap)
        seen = Observation({SHOP: Seen(problem, recovered and not problem, 1.0)})
        changes = evaluated(states, seen, terms, Moment(at, number))
        for labels, state in changes.items():
            assert state is None or state != states.get(labels)
        _apply(states, changes)


@settings(max_examples=200, deadline=None)
@given(EVALUATIONS, st.integers(1, 4))
def test_label_sets_do_not_know_of_each_other(evaluations: list[tuple[bool, bool, int]], others: int) -> None:
    terms = Terms(for_=seconds(30), keep_firing_for=seconds(15))
    alone, together, at = dict[Labels, State](), dict[Labels, State](), NOW
    for number, (problem, recovered, gap) in enumerate(evaluations, 1):
        at += seconds(gap)
        mine = {SHOP: Seen(problem, recovered and not problem, 1.0)}
        rest: dict[Labels, Seen] = {
            (("service", f"other-{one}"),): Seen((number + one) % 2 == 0, True, 2.0) for one in range(others)
        }
        _apply(alone, evaluated(alone, Observation(mine), terms, Moment(at, number)))
        _apply(together, evaluated(together, Observation(mine | rest), terms, Moment(at, number)))
        assert together.get(SHOP) == alone.get(SHOP)


def test_what_is_quiet_for_21_evaluations_is_forgotten() -> None:
    states: dict[Labels, State] = {}
    for number in range(1, 80):
        at = NOW + number * seconds(60)
        _apply(
            states,
            evaluated(states, Observation({SHOP: Seen(number < 3, number >= 3, 1)}), Terms(), Moment(at, number)),
        )
        assert (SHOP in states) is (number < 23), number


def test_a_hundred_percent_is_a_change_at_every_evaluation() -> None:
    assert flap_percent("01" * 10 + "0") == 100
    assert flap_percent("0" * 21) == 0


def test_an_error_leaves_states_alone() -> None:
    states = {SHOP: State("firing", NOW, fired_at=NOW)}
    assert evaluated(states, Observation(error="boom"), Terms(), Moment(NOW + STEP, 2)) == {}


def test_an_error_can_count_as_no_problem() -> None:
    states = {SHOP: State("firing", NOW, fired_at=NOW)}
    changes = evaluated(states, Observation(error="boom"), Terms(on_error=OnTrouble.OK), Moment(NOW + STEP, 2))
    assert (changes[SHOP] or states[SHOP]).phase == "resolved"
