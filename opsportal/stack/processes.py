"""The processes of the portal: the one list behind `manage.py up`, the Procfile, the systemd units and docs/deployment.md."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

# Threads, because the tasks wait for PostgreSQL rather than compute; each has its deadlines there.
WORKER_OPTIONS = ("--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle")


@dataclass(frozen=True, slots=True)
class Process:
    """One process: what follows `python` on its command line; `${NAME}` stands for the setting NAME."""

    name: str
    arguments: tuple[str, ...]
    purpose: str

    def argv(self, settings: Mapping[str, str]) -> list[str]:
        return [sys.executable, *(Template(argument).substitute(settings) for argument in self.arguments)]


PROCESSES = (
    Process(
        "web",
        ("-m", "daphne", "-v", "0", "-b", "${BIND}", "-p", "${PORT}", "opsportal.asgi:application"),
        "Pages, API and WebSockets. Any number, behind a proxy.",
    ),
    Process("engine", ("manage.py", "engine"), "Runs the checks that are due. Any number; they share the work."),
    Process(
        "alerter",
        ("manage.py", "alerter"),
        "Evaluates alert rules, gathers incidents, escalates and delivers. Any number; they share the work.",
    ),
    Process(
        "worker",
        ("-m", "celery", "-q", "-A", "opsportal", "worker", *WORKER_OPTIONS, "--loglevel", "warning"),
        "Runs Celery tasks. Any number.",
    ),
    Process(
        "beat",
        ("-m", "celery", "-q", "-A", "opsportal.beat", "beat", "--loglevel", "warning"),
        "Wakes the periodic tasks. One for the whole portal.",
    ),
)
PREPARE = Process("prepare", ("manage.py", "prepare"), "Migrates, seeds and makes the first administrator, then ends.")
