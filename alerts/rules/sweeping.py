"""What this room looks for, again and again."""

from alerts.rules.evaluating import due_evaluated
from alerts.rules.waking import DUE
from opsportal.sweeps import Sweep

SWEEPS: tuple[Sweep, ...] = (Sweep("rules", due_evaluated, wake=(DUE,), pause_s=1.0),)
