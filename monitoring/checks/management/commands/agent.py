"""`manage.py agent`: send this machine's readings to a portal. Needs no database; one process a machine."""

import asyncio
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from monitoring.checks.agent.buffer import Buffer
from monitoring.checks.agent.push import Agent
from monitoring.checks.agent.sending import Answer, Outcome, Sender, machine_name, read_token
from opsportal.http import aclose
from opsportal.http.targets import target

DEFAULT_FOLDER = Path("/var/lib/opsportal-agent")
MEGABYTE = 1_000_000
EXIT_NOT_STORED = 1


class Command(BaseCommand):
    help = "Send this machine's processor, memory, disk, network and kernel readings to a portal. Buffers while it is away."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="the portal, such as https://ops.example.com")
        parser.add_argument(
            "--token-file", required=True, type=Path, help="a file with an API token that has checks.push_report"
        )
        parser.add_argument(
            "--machine", default="", help="name of this machine, letters digits and -; default: its host name"
        )
        parser.add_argument(
            "--interval", type=int, default=15, help="seconds from one reading to the next (default 15)"
        )
        parser.add_argument("--buffer-dir", type=Path, default=DEFAULT_FOLDER, help=f"default {DEFAULT_FOLDER}")
        parser.add_argument("--buffer-mb", type=int, default=50, help="most megabytes to buffer (default 50)")
        parser.add_argument("--insecure", action="store_true", help="accept any certificate of the portal")
        parser.add_argument(
            "--once", action="store_true", help="send one reading and end: 0 when it was stored, else 1"
        )
        parser.add_argument("--json", action="store_true", help="one JSON line a turn")

    def handle(self, **options: Any) -> None:
        self._json = options["json"]
        sender = self._sender(options)
        buffer = self._buffer(options)
        agent = Agent(buffer=buffer, sender=sender, interval_s=options["interval"], report=self._show)
        answer = asyncio.run(_run(agent, once=options["once"]))
        if options["once"] and (answer is None or answer.outcome is not Outcome.STORED):
            raise CommandError(answer.words if answer else "Nothing was sent.", returncode=EXIT_NOT_STORED)

    def _sender(self, options: dict[str, Any]) -> Sender:
        try:
            target(options["url"])
        except ValueError as error:
            raise CommandError(f"--url: this URL {error}.") from None
        try:
            read_token(options["token_file"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        if not 1 <= options["interval"] <= 86_400:
            raise CommandError("--interval: use 1 to 86400 seconds.")
        machine = options["machine"] or machine_name()
        if not machine.replace("-", "").replace("_", "").isalnum():
            raise CommandError("--machine: use letters, digits, - and _ only.")
        timeout_s = min(10.0, max(1.0, options["interval"] * 0.8))
        return Sender(
            options["url"], options["token_file"], machine, options["interval"], timeout_s, not options["insecure"]
        )

    def _buffer(self, options: dict[str, Any]) -> Buffer:
        if options["buffer_mb"] < 1:
            raise CommandError("--buffer-mb: use at least 1.")
        try:
            return Buffer(options["buffer_dir"], options["buffer_mb"] * MEGABYTE)
        except OSError as error:
            words = f"--buffer-dir: {options['buffer_dir']} cannot be used ({error.strerror}); name a folder this user may write"
            raise CommandError(words) from None

    def _show(self, news: dict[str, Any]) -> None:
        if self._json:
            self.stdout.write(orjson.dumps(news).decode())
            return
        words = news.get("words") or "waiting to try again"
        self.stdout.write(f"{news['time'][:19]}Z {words}; {news['waiting']} waiting, {news['dropped']} dropped")
        if fault := news.get("fault"):
            self.stderr.write(fault)


async def _run(agent: Agent, *, once: bool) -> Answer | None:
    try:
        if once:
            return await agent.turn()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await agent.run(stop)
        return None
    finally:
        await aclose()
