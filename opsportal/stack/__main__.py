"""`python -m opsportal.stack`: what `manage.py up` becomes once the settings are known to be sound."""

import argparse
import sys
from pathlib import Path

from opsportal.stack import lock, ports
from opsportal.stack.errors import StackError
from opsportal.stack.folders import make_data_dir
from opsportal.stack.output import Output
from opsportal.stack.processes import PREPARE, PROCESSES
from opsportal.stack.programs import Run
from opsportal.stack.supervisor import NAME, Supervisor


def parse(arguments: list[str]) -> Run:
    parser = argparse.ArgumentParser(prog="opsportal.stack")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--bind", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--public-url", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--embedded-database", action="store_true")
    parser.add_argument("--embedded-redis", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    return Run(**vars(parser.parse_args(arguments)))


def main(arguments: list[str]) -> int:
    run = parse(arguments)
    names = (NAME, PREPARE.name, "postgres", "valkey", *(process.name for process in PROCESSES))
    try:
        make_data_dir(run.data_dir)
        held = lock.acquire(run.data_dir)
        ports.check_free(run.bind, run.port)
        Supervisor(run, Output(sys.stdout, names, as_json=run.as_json), held).run()
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
