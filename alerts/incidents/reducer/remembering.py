"""What young incidents are made of, kept between batches: only what joined since is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import orjson
from django.db import connection

from alerts.incidents.choices import UNRESOLVED
from alerts.incidents.correlation import Correlator, Rules, Sign

if TYPE_CHECKING:
    from alerts.incidents.configuration import Configuration

YOUNG = 5000  # alerts of young incidents that are looked at for ties
BELIEVED = timedelta(seconds=30)
JOINED = """
SELECT m.id, m.incident_id, m.joined_at, a.starts_at, a.labels::text, a.annotations ->> 'summary'
FROM incidents_incidentalert m JOIN incidents_alert a ON a.id = m.alert_id JOIN incidents_incident i ON i.id = m.incident_id
WHERE m.id > %s AND m.joined_at >= %s AND i.state = ANY(%s) ORDER BY m.id DESC LIMIT %s
"""


@dataclass(slots=True)
class Memory:
    """Of one configuration. Whoever's transaction fails calls `forget`: it may hold what was not stored."""

    known: Correlator | None = None
    last_id: int = 0
    read_at: datetime | None = None

    def correlator(self, configuration: "Configuration", now: datetime) -> Correlator:
        """With everything that is stored. What is over by now may be in it for a while; ties of old make none."""
        if self.known is None or self.read_at is None or not timedelta(0) <= now - self.read_at < BELIEVED:
            self.known, self.last_id, self.read_at = Correlator(_rules(configuration)), 0, now
        rules = self.known.rules
        after = now - timedelta(seconds=max(rules.window_s, rules.together_s))
        with connection.cursor() as cursor:
            cursor.execute(JOINED, [self.last_id, after, list(UNRESOLVED), YOUNG])
            rows = cursor.fetchall()
        for _, incident, joined_at, starts_at, text, summary in reversed(rows):
            labels = orjson.loads(text)
            title = summary or labels.get("alertname") or "an alert"
            self.known.add(incident, joined_at, [Sign(labels, starts_at, title)])
        self.last_id = max([self.last_id, *(row[0] for row in rows)])
        return self.known

    def forget(self) -> None:
        self.known = None


def _rules(configuration: "Configuration") -> Rules:
    settings = configuration.settings
    return Rules(
        configuration.estate.depends,
        settings.telling_labels,
        settings.correlation_window_s,
        settings.together_window_s,
    )
