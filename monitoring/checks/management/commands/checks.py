"""`manage.py checks list|run|test`: look at checks, make them run, try one without saving."""

import json
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitoring.checks import actions
from monitoring.checks.choices import Status
from monitoring.checks.configuration import clean_parts, probe_of
from monitoring.checks.management.waiting import wait_for
from monitoring.checks.models import Check
from monitoring.checks.queries import checks_listed
from monitoring.checks.run_once import Seen, Trial, check_test, run_once
from monitoring.checks.threshold_rules import default_rows

EXIT_CODES = {Status.UP: 0, Status.DEGRADED: 1, Status.DOWN: 2}
COULD_NOT_TELL = 3
CODES_HELP = (
    "Exit codes: 0 up, 1 degraded, 2 down (also a wrong command line), 3 could not tell or not reported in time."
)


class Command(BaseCommand):
    help = "List checks, make them run now, or try one without saving. docs/commands.md has examples."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        listing = commands.add_parser("list", help="Show checks and what is known of them.")
        _add_selection(listing)
        listing.add_argument("--status", choices=Status.values, help="Only checks of this status.")
        running = commands.add_parser("run", help="Make checks due now.", epilog=CODES_HELP)
        _add_selection(running)
        running.add_argument("--all", action="store_true", help="All checks.")
        running.add_argument("--wait", action="store_true", help="Wait until each has reported.")
        running.add_argument("--timeout-s", type=float, default=60.0, help="Wait no longer (60).")
        self._add_test(commands)

    def _add_test(self, commands: Any) -> None:
        testing = commands.add_parser(
            "test", help="Run one check once and show what it saw. Nothing is saved.", epilog=CODES_HELP
        )
        testing.add_argument("check", nargs="?", metavar="service/check", help="A stored check.")
        testing.add_argument("--kind", help="Try a kind that is not stored, with --set.")
        testing.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="A setting of --kind.")
        testing.add_argument("--timeout-s", type=float, default=10.0, help="Deadline of --kind (10).")
        testing.add_argument("--json", action="store_true", help="Show it as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["command"]:
            case "list":
                self._list(options)
            case "run":
                self._run(options)
            case _:
                self._test(options)

    def _list(self, options: dict[str, Any]) -> None:
        found = _selected(options)
        if options["status"]:
            found = [check for check in found if check.state.status == options["status"]]
        if options["json"]:
            self._json([_row(check) for check in found])
            return
        width = max((len(_path(check)) for check in found), default=0)
        for check in found:
            state = check.state
            self.stdout.write(
                f"{state.status:<11} {_path(check):<{width}}  {check.kind:<11} {state.last_summary}".rstrip()
            )
        self.stderr.write(f"Checks: {len(found)}.")

    def _run(self, options: dict[str, Any]) -> None:
        if not (options["all"] or options["checks"] or options["service"] or options["kind"]):
            raise CommandError("Name checks (service/check), or --service, --kind or --all.")
        found = _selected(options)
        seen_before = {check.pk: check.state.last_checked_at for check in found}
        due = actions.checks_run_now(checks=found)
        left_out = len(found) - due
        self.stderr.write(f"Due now: {due}." + (f" Disabled or paused: {left_out}." if left_out else ""))
        if not options["wait"]:
            if options["json"]:
                self._json({"due": due, "left_out": left_out})
            return
        reported, waiting = wait_for(seen_before, options["timeout_s"], self.stderr)
        if options["json"]:
            self._json({"reported": [_row(check) for check in reported], "waiting": [_path(one) for one in waiting]})
        else:
            for check in reported:
                self.stdout.write(f"{check.state.last_verdict:<9} {_path(check)}  {check.state.last_summary}")
            for check in waiting:
                self.stdout.write(f"waiting   {_path(check)}")
        verdicts = [_exit_code(check.state.last_verdict) for check in reported]
        sys.exit(COULD_NOT_TELL if waiting else max(verdicts, default=0))

    def _test(self, options: dict[str, Any]) -> None:
        seen = run_once(_trial(options)) if options["kind"] else check_test(_one(options["check"]))
        if options["json"]:
            self._json(seen.as_dict())
        else:
            self._show(seen)
        sys.exit(_exit_code(seen.status))

    def _show(self, seen: Seen) -> None:
        cause = f" ({seen.cause.label.lower()})" if seen.cause else ""
        self.stdout.write(f"{seen.status.label}{cause} in {seen.duration_s:.3f} s: {seen.summary}")
        for name, value in sorted(seen.values.items()):
            self.stdout.write(f"  {name} = {value:g}")
        if seen.evidence:
            self.stdout.write("evidence: " + json.dumps(seen.evidence, indent=2, default=str, ensure_ascii=False))

    def _json(self, found: Any) -> None:
        self.stdout.write(json.dumps(found, indent=2, default=str, ensure_ascii=False))


def _add_selection(parser: Any) -> None:
    parser.add_argument("checks", nargs="*", metavar="service/check", help="These checks.")
    parser.add_argument("--service", help="Only checks of this service (slug).")
    parser.add_argument("--kind", help="Only checks of this kind.")
    parser.add_argument("--json", action="store_true", help="Show it as JSON.")


def _selected(options: dict[str, Any]) -> list[Check]:
    found = checks_listed()
    for name, lookup in (("service", "service__slug"), ("kind", "kind")):
        if options[name]:
            found = found.filter(**{lookup: options[name]})
    if not options["checks"]:
        return list(found)
    return [_one(path) for path in dict.fromkeys(options["checks"])]


def _one(path: str | None) -> Check:
    if not path:
        raise CommandError("Name a check as service/check, or give --kind and --set.")
    service, _, slug = path.partition("/")
    try:
        return checks_listed().get(service__slug=service, slug=slug)
    except Check.DoesNotExist:
        raise CommandError(f"There is no check {path!r}; `manage.py checks list` shows them.", returncode=3) from None


def _trial(options: dict[str, Any]) -> Trial:
    given = {}
    for pair in options["set"]:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CommandError(f"--set {pair}: write NAME=VALUE.", returncode=3)
        given[name] = value
    try:
        probe = probe_of(options["kind"])
        plain, secret = clean_parts(probe, given, {})
    except ValidationError as error:
        words = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise CommandError(words, returncode=3) from None
    return Trial(options["kind"], plain | secret, default_rows(probe), options["timeout_s"])


def _row(check: Check) -> dict[str, Any]:
    state = check.state
    return {
        "id": check.pk,
        "check": _path(check),
        "kind": check.kind,
        "status": state.status,
        "since": state.since,
        "checked_at": state.last_checked_at,
        "verdict": state.last_verdict,
        "summary": state.last_summary,
        "enabled": check.enabled,
        "paused_until": check.paused_until,
    }


def _path(check: Check) -> str:
    return f"{check.service.slug}/{check.slug}"


def _exit_code(status: str) -> int:
    return EXIT_CODES.get(Status(status), COULD_NOT_TELL)
