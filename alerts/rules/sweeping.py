"""What this room looks for, again and again."""

from alerts.rules.evaluating import due_evaluated
from alerts.rules.following import events_followed
from alerts.rules.tallying import alerts_tallied
from alerts.rules.waking import DUE
from monitoring.events.actions import NEW
from opsportal.sweeps import Sweep

SWEEPS: tuple[Sweep, ...] = (
    Sweep("rules", due_evaluated, wake=(DUE,), pause_s=1.0),
    Sweep("rules_events", events_followed, wake=(NEW,), pause_s=2.0),
    Sweep("rules_tally", alerts_tallied, pause_s=15.0),
)
