"""The processes of this run as programs: who they run as, what they see of the environment, which signals end them."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from opsportal.stack import postgres, valkey
from opsportal.stack.child import Program
from opsportal.stack.paths import local_url
from opsportal.stack.processes import Process

BASE_DIR = Path(__file__).resolve().parents[2]
# Web reads the settings in a way of its own: it is started anew.
FORKED = ("engine", "worker", "beat", "alerter")


@dataclass(frozen=True, slots=True)
class Run:
    """What `manage.py up` was asked for. `host`: the name under which the portal may be asked whether it lives."""

    data_dir: Path
    bind: str
    port: int
    public_url: str
    host: str
    embedded_database: bool
    embedded_redis: bool
    as_json: bool = False

    @property
    def url(self) -> str:
        return local_url(self.bind, self.port)


def portal_program(process: Process, run: Run, *more: str) -> Program:
    """One of our own. Each is built to be killed at any time, so an orphan is killed: the surest end."""
    environment = os.environ | {
        "DATA_DIR": str(run.data_dir),
        "DJANGO_SETTINGS_MODULE": "opsportal.settings",
        "MALLOC_ARENA_MAX": "2",
        "PYTHONUNBUFFERED": "1",
    }
    argv = [*process.argv({"BIND": run.bind, "PORT": str(run.port)}), *more]
    return Program(process.name, argv, environment, BASE_DIR, forked=process.name in FORKED)


def postgres_program(data_dir: Path) -> Program:
    """SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one: neither can lose a commit."""
    return Program(
        "postgres",
        postgres.command(data_dir),
        postgres.environment(),
        Path("/"),
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
        force_signal=signal.SIGQUIT,
        run_as=postgres.run_as(),
    )


def valkey_program(data_dir: Path) -> Program:
    return Program("valkey", valkey.command(data_dir), valkey.environment(), Path("/"), death_signal=signal.SIGTERM)
