"""What becomes of the states of a rule that is edited, switched off or deleted: who was told that it fires is told that it ended."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from alerts.incidents.intake import IncomingAlert, alerts_receive_many
from alerts.rules.expanding import Expander
from alerts.rules.loading import read_plans
from alerts.rules.models import RuleHit, RuleState
from alerts.rules.plan import Plan
from alerts.rules.storing import states_of
from alerts.rules.telling import Word, alerts_of
from monitoring.metrics.moments import milliseconds

# In the order of their ids, as everywhere; an evaluation that is under way waits here, or finds its lease gone.
HOLD = """
SELECT id FROM rules_ruleschedule WHERE rule_id = ANY(%s)
    OR group_id IN (SELECT group_id FROM rules_alertrule WHERE id = ANY(%s)) ORDER BY id FOR UPDATE
"""


def schedules_hold(rule_ids: Sequence[int]) -> None:
    """Keep evaluations from writing states of rules, until the transaction is over."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [list(rule_ids), list(rule_ids)])


def states_end(rule_ids: Sequence[int], now: datetime) -> None:
    """Forget all states of rules, and what they counted; what fires is told to have ended."""
    told_end(rule_ids, now)
    RuleState.objects.filter(rule__in=rule_ids).delete()
    RuleHit.objects.filter(rule__in=rule_ids).delete()


def states_tell_anew(rule_ids: Sequence[int], now: datetime) -> None:
    """The states stay, under labels that change: what fires ends under the old ones, and is told under the new ones next time."""
    told_end(rule_ids, now)
    RuleState.objects.filter(rule__in=rule_ids).update(told=False, flapping=False, sent_at=None)


def told_end(rule_ids: Sequence[int], now: datetime) -> None:
    """Tell the incidents that what they were told of rules has ended; with the labels that the rules have in the database."""
    states = states_of(rule_ids)
    plans = read_plans(list(states))
    alerts_receive_many([(f"rule:{plans[one].slug}", _ends(plans[one], states[one], now)) for one in plans], now=now)


def _ends(plan: Plan, states: dict, now: datetime) -> list[IncomingAlert]:  # type: ignore[type-arg]
    expand = Expander(milliseconds(now))
    found: list[IncomingAlert] = []
    for labels, state in states.items():
        told = [Word(False, flapping) for flapping, was in ((False, state.told), (True, state.flapping)) if was]
        if told:
            found += alerts_of(plan, labels, state, told, now, expand)
    return found
