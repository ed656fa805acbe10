"""`manage.py engine`: run due checks until told to stop."""

import asyncio
import gc
import logging
import signal
import socket
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandParser

from monitoring.checks.engine.worker import Engine
from opsportal import measures
from opsportal.database import conninfo

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run due checks until SIGTERM or Ctrl-C. Any number of engines, on any number of hosts, share the work."
    # A fault in one room's settings is shown by `manage.py check`; it is no reason to stop watching everything.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=socket.gethostname(), help="Label of this engine's own metrics.")

    def handle(self, *args: Any, **options: Any) -> None:
        # Everything loaded so far stays for good: the collector need not look at it again.
        gc.freeze()
        measures.start("engine")
        uvloop.run(self.work(options["name"]))

    async def work(self, name: str) -> None:
        engine = Engine(conninfo(application_name="opsportal engine"), name)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, engine.stop)
        log.info("engine %s: running due checks", name)
        await engine.work()
        log.info("engine %s: stopped", name)
