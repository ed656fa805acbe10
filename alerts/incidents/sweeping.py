"""What this room looks for, again and again."""

from alerts.incidents.intake import INBOX
from alerts.incidents.reducer.ticking import Reducer
from opsportal.sweeps import Sweep

SWEEPS: tuple[Sweep, ...] = (Sweep("incidents", Reducer().tick, wake=(INBOX,)),)
