"""What this room looks for, again and again."""

from alerts.incidents.doors.sweeping import SWEEPS as DOOR_SWEEPS
from alerts.incidents.forgetting import EVERY, forget
from alerts.incidents.intake import INBOX
from alerts.incidents.reducer.ticking import Reducer
from opsportal.sweeps import Sweep

SWEEPS: tuple[Sweep, ...] = (
    Sweep("incidents", Reducer().tick, wake=(INBOX,)),
    Sweep("incidents forgetting", forget, pause_s=EVERY.total_seconds()),
    *DOOR_SWEEPS,
)
