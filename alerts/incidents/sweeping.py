"""What this room looks for, again and again."""

from opsportal.sweeps import Sweep

SWEEPS: tuple[Sweep, ...] = ()
