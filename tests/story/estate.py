"""An estate of fast checks for a portal that runs, brought in through its own door: `manage.py services import`."""

import os
import re
import subprocess
import sys
from typing import Any

import orjson

from opsportal.env import BASE_DIR
from tests.opsportal.stack.portal import Portal

CHECKS_A_SERVICE = 10
TIMEOUT_S = 2
LEASE_S = TIMEOUT_S + 10  # what the engine's claim lasts: the timeout and LEASE_MARGIN
SWITCH = "switch"  # the service whose target the story shuts and opens


def services(count: int, steady_port: int, switch_port: int) -> dict[str, Any]:
    """`count` checks of a target that stays up, every 1 or 2 s, HTTP and TCP; and the service SWITCH."""
    found = {
        f"steady-{n}": {
            "name": f"Steady {n}",
            "checks": {
                f"steady-{n}-{k}": _check(steady_port, "tcp" if k % 5 == 0 else "http", 1 + k % 2)
                for k in range(CHECKS_A_SERVICE)
            },
        }
        for n in range(count // CHECKS_A_SERVICE)
    }
    return found | {SWITCH: {"name": "Switch", "checks": {SWITCH: _check(switch_port, "http", 1)}}}


def _check(port: int, kind: str, interval_s: int) -> dict[str, Any]:
    settings = {"host": "127.0.0.1", "port": port} if kind == "tcp" else {"url": f"http://127.0.0.1:{port}/"}
    return {
        "name": f"{kind} {port}",
        "kind": kind,
        "settings": settings,
        "interval_s": interval_s,
        "timeout_s": TIMEOUT_S,
        "failures_before_down": 1,
    }


def bring_in(portal: Portal, estate: dict[str, Any]) -> None:
    """Import the estate into the portal that runs."""
    document = orjson.dumps({"version": 1, "services": estate})  # JSON is YAML
    subprocess.run(
        [sys.executable, "manage.py", "services", "import", "-"],
        input=document, cwd=BASE_DIR, env=environment(portal), check=True, timeout=60, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def environment(portal: Portal) -> dict[str, str]:
    """In which a command works on that portal."""
    own = {"DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": str(portal.data_dir), "PORT": str(portal.port)}
    return os.environ | own


def first_password(portal: Portal) -> str:
    """The password that the first start of the portal showed."""
    found = re.search(r"password: (\S+)", portal.log.read_text())
    assert found is not None, "no password in the log"
    return found[1]
