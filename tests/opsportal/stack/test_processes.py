"""One list of processes: whatever starts them apart must say the same as `manage.py up`."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

from opsportal.env import BASE_DIR
from opsportal.stack.processes import PREPARE, PROCESSES, Process

PYTHON = ".venv/bin/python"


def line(process: Process) -> str:
    return " ".join((PYTHON, *process.arguments))


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((BASE_DIR / "deploy" / f"opsportal-{name}.service").read_text())
    return parser


def test_the_procfile_starts_the_same_processes() -> None:
    written = dict(entry.split(": ", 1) for entry in (BASE_DIR / "Procfile").read_text().splitlines())
    without_defaults = {name: re.sub(r":-[^}]*}", "}", command) for name, command in written.items()}
    assert without_defaults == {process.name: line(process) for process in PROCESSES}


@pytest.mark.parametrize("process", [*PROCESSES, PREPARE], ids=lambda process: process.name)
def test_the_systemd_unit_starts_the_same_process(process: Process) -> None:
    assert unit(process.name)["Service"]["ExecStart"] == f"/opt/opsportal/{line(process)}"


def test_the_target_wants_every_process() -> None:
    target = (BASE_DIR / "deploy" / "opsportal.target").read_text()
    wanted = re.search(r"^Wants=(.*)$", target, re.MULTILINE)
    assert wanted is not None
    assert wanted[1].split() == [f"opsportal-{process.name}.service" for process in PROCESSES]


@pytest.mark.parametrize("process", [*PROCESSES, PREPARE], ids=lambda process: process.name)
def test_the_deployment_page_names_every_process_and_what_it_is_for(process: Process) -> None:
    page = (BASE_DIR / "docs" / "deployment.md").read_text()
    assert f"| `{process.name}` | {process.purpose} |" in page


def test_settings_take_their_place_in_the_command() -> None:
    argv = PROCESSES[0].argv({"BIND": "::1", "PORT": "8001"})
    assert argv[argv.index("-b") + 1 : argv.index("-p") + 2] == ["::1", "-p", "8001"]


def test_no_process_keeps_a_file_in_the_working_folder() -> None:
    assert not list(Path(BASE_DIR).glob("celerybeat-schedule*"))
