"""`manage.py alerter`: evaluate rules, gather incidents, escalate and deliver, until told to stop."""

import gc
import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from opsportal import measures
from opsportal.database import conninfo
from opsportal.sweeps import Sweep, Sweeper

log = logging.getLogger(__name__)

STOP_S = 6.0
# Each is a tuple of `Sweep`, in its room's own module.
SWEEPS = (
    "alerts.rules.sweeping.SWEEPS",
    "alerts.incidents.sweeping.SWEEPS",
    "alerts.oncall.sweeping.SWEEPS",
    "alerts.delivery.sweeping.SWEEPS",
)
SENDER = "alerts.delivery.sending.sender.Sender"


class Command(BaseCommand):
    help = (
        "Evaluate alert rules, gather alerts into incidents, escalate and deliver, until SIGTERM or Ctrl-C. Any number of "
        "alerters, on any number of hosts, share the work."
    )
    # A fault in one room's settings is shown by `manage.py check`; it is no reason to stop telling people of everything else.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sweeps: list[Sweep] = [sweep for path in SWEEPS for sweep in import_string(path)]
        gc.freeze()  # everything loaded so far stays for good
        measures.start("alerter")
        sweeper = Sweeper(sweeps, conninfo(application_name="opsportal alerter"))
        sender = import_string(SENDER)()
        sweeper.listener.on(sender.channel, sender.wake)
        told_to_stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told_to_stop.set())
        sweeper.start()
        sender.start()
        log.info("alerter: at work")
        told_to_stop.wait()
        sender.stop(within_s=STOP_S / 2)
        sweeper.stop(within_s=STOP_S / 2)
        log.info("alerter: stopped")
