"""A batch of rules: claim, ask, judge, store. One call takes what is due now, up to BATCH units."""

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import DatabaseError

from alerts.rules import measures
from alerts.rules.asking import Answers, Asker
from alerts.rules.claiming import Claim, claim, light, next_due, release
from alerts.rules.expanding import Expander
from alerts.rules.grid import following, rounds
from alerts.rules.judging import Outcome, outcome
from alerts.rules.kinds.base import Asked, Gathered, Judged, RuleKind
from alerts.rules.labels import POLICY
from alerts.rules.loading import GroupPlan, Recording, groups, plans
from alerts.rules.plan import Plan
from alerts.rules.recording import recorded, runs
from alerts.rules.states import Labels, Moment, State
from alerts.rules.storing import Done, States, states_of, store
from monitoring.metrics.moments import milliseconds
from monitoring.metrics.promql.errors import PromqlError

log = logging.getLogger(__name__)

BATCH = 1_000
NO_STATES: Mapping[Labels, State] = {}
asker = Asker()
unfinished: list[Claim] = []


def due_evaluated(now: datetime) -> datetime | None:
    """Evaluate what is due; when the next unit is. `now` when there is more to do at once."""
    began = time.monotonic()
    if unfinished:
        release(unfinished)
        unfinished.clear()
    claimed = claim(now, BATCH)
    if not claimed:
        return next_due(now)
    claims = light(claimed)
    unfinished.extend(claims)  # until it is stored: whatever goes wrong, the next look gives them back
    done = _evaluated(claims, now)
    for one in done:
        one.duration_s = time.monotonic() - began
    kept = store(done, now)
    unfinished.clear()
    _measure(done, kept, now, time.monotonic() - began)
    return now if len(claimed) == BATCH or len(claims) < len(claimed) else next_due(now)


def _evaluated(claims: Sequence[Claim], now: datetime) -> list[Done]:
    done = [_begun(one, now) for one in claims]
    alone = [one for one in done if one.claim.rule_id is not None]
    found = _plans_of([one.claim for one in alone])
    states = states_of(list(found))
    by_time: dict[datetime, list[Done]] = defaultdict(list)
    for one in alone:
        plan = found.get(one.claim.rule_id or 0)
        if plan is None:
            fail(one, "This rule cannot be made ready; the log of the alerter says why.")
            continue
        if not plan.queries:
            one.at = now  # it looks at what is there now, and was asked for because something came in
        by_time[one.at].append(one)
    for at, together in by_time.items():
        _rules_evaluated(together, found, states, at)
    in_groups = [one for one in done if one.claim.group_id is not None]
    known = groups.get((one.claim.group_id or 0, one.claim.revision) for one in in_groups)
    for one in in_groups:
        if one.claim.group_id in known:
            _group_evaluated(known[one.claim.group_id], one)
    return done


def _plans_of(claims: Sequence[Claim]) -> dict[int, Plan]:
    """Plans by the id of their rule. A policy that was renamed or deleted is no edit of the rule, and yet one of its labels."""
    found = plans.get((one.rule_id or 0, one.revision) for one in claims)
    changed = [
        one for one in claims if one.rule_id in found and found[one.rule_id].common.get(POLICY, "") != one.policy
    ]
    for one in changed:
        plans.kept.pop(one.rule_id or 0, None)
    return found | plans.get((one.rule_id or 0, one.revision) for one in changed) if changed else found


def _begun(claim: Claim, now: datetime) -> Done:
    at, missed = rounds(claim.unit, claim.interval_s, claim.due_at, now)
    next_at = following(claim.unit, claim.interval_s, at)
    return Done(claim, at, next_at, missed, hits_upto=claim.hits_upto)


def _rules_evaluated(together: Sequence[Done], found: dict[int, Plan], states: States, at: datetime) -> None:
    """Rules by themselves that are evaluated at one time."""
    time_ms = milliseconds(at)
    asking = [found[one.claim.rule_id or 0] for one in together]
    answers = asker.ask([plan for plan in asking if plan.queries], time_ms)
    gathered = _gathered(together, asking, at)
    expand = Expander(time_ms)
    for one, plan in zip(together, asking, strict=True):
        heard = gathered.get(plan.rule_id) or answers[plan.rule_id]
        _judge(one, plan, heard, states.get(plan.rule_id, NO_STATES), expand)


def _judge(one: Done, plan: Plan, heard: Answers | Gathered, before: Mapping[Labels, State], expand: Expander) -> None:
    """The outcome of one rule. What nobody foresaw is its own error, not that of the rules beside it."""
    try:
        judged = heard.judged if isinstance(heard, Gathered) else judged_of(plan, heard, before)
        result = outcome(plan, judged, before, Moment(one.at, one.claim.evaluations + 1), expand)
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("rule %s: unforeseen error", plan.slug)
        result = Outcome(error=f"unforeseen error ({type(error).__name__}); the log of the alerter says more")
    if isinstance(heard, Gathered):
        one.hits_upto = heard.hits_upto
    note(one, plan, result)


def _group_evaluated(group: GroupPlan, one: Done) -> None:
    """The rules of a group in their order: what is recorded is there for the rules behind it. Those between two recordings are asked
    together."""
    time_ms = milliseconds(one.at) - int(group.offset_s * 1000)
    states = states_of([rule.rule_id for rule in group.rules if isinstance(rule, Plan)])
    expand = Expander(time_ms)
    one.rules = len(group.rules)
    for together in runs(group.rules):
        if isinstance(together, Recording):
            if words := recorded(group, together, time_ms, milliseconds(one.at), asker):
                fail(one, f"{together.metric}: {words}")
            continue
        answers = asker.ask(together, time_ms)
        for plan in together:
            _judge(one, plan, answers[plan.rule_id], states.get(plan.rule_id, NO_STATES), expand)


def judged_of(plan: Plan, answers: Answers, before: Mapping[Labels, State]) -> Judged | PromqlError:
    """What a rule's kind says of the answers to its questions."""
    if isinstance(answers, PromqlError):
        return answers
    return plan.kind.judge(answers, bool(before) or plan.terms.remembers)


def note(one: Done, plan: Plan, result: Outcome) -> None:
    """Put the outcome of a rule with what its unit writes."""
    if result.changes:
        one.changes[plan.rule_id] = result.changes
    if result.alerts:
        one.alerts.append((f"rule:{plan.slug}", result.alerts))
    if result.error:
        fail(one, result.error if one.claim.group_id is None else f"{plan.name}: {result.error}")


def fail(one: Done, words: str) -> None:
    one.error = f"{one.error}\n{words}" if one.error else words
    one.failed += 1


def _gathered(together: Sequence[Done], asking: Sequence[Plan], at: datetime) -> dict[int, Gathered]:
    """What is seen of rules that ask no PromQL, a look-up for all of a kind."""
    of_kind: dict[type[RuleKind], list[Asked]] = defaultdict(list)
    for one, plan in zip(together, asking, strict=True):
        if not plan.queries:
            of_kind[type(plan.kind)].append(Asked(plan.rule_id, plan.kind, one.claim.hits_upto))
    found: dict[int, Gathered] = {}
    for kind, asked in of_kind.items():
        found |= kind.gather(asked, at)
    return found


def _measure(done: Sequence[Done], kept: Sequence[Done], now: datetime, took_s: float) -> None:
    measures.EVALUATIONS.add(sum(one.rules for one in done))
    measures.FAILURES.add(sum(one.failed for one in done))
    measures.MISSED.add(sum(one.missed for one in kept))
    measures.LOST.add(len(done) - len(kept))
    measures.DURATION.observe(took_s)
    first = min(one.at for one in done)
    measures.LATENESS.observe(max((now - first).total_seconds(), 0.0) + took_s)
