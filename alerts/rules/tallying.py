"""How many alerts of rules there are, for `/metrics`."""

from datetime import datetime, timedelta

from django.db import connection

from alerts.rules import measures
from alerts.rules.choices import Phase

EVERY = timedelta(seconds=15)
COUNT = "SELECT phase, count(*) FROM rules_rulestate WHERE phase <> 'inactive' GROUP BY phase"


def alerts_tallied(now: datetime) -> datetime:
    """Count anew."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        counts = dict(cursor.fetchall())
    for phase in (Phase.PENDING, Phase.FIRING, Phase.RECOVERING):
        measures.ALERTS.set(float(counts.get(phase.value, 0)), phase.value)
    return now + EVERY
