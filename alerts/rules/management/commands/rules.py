"""`manage.py rules import|export|test|list`: alert rules as Prometheus rule files."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from alerts.rules.models import AlertRule
from alerts.rules.prometheus_files import reading, unit_testing, unit_tests
from alerts.rules.prometheus_files.exporting import rules_exported
from alerts.rules.prometheus_files.importing import Change, rules_import
from alerts.rules.queries import rules_listed
from monitoring.checks.portable.reading import PortableError

DIFFERENT = 2


class Command(BaseCommand):
    help = "Import, export, test and list alert rules. docs/alert-rules.md describes the files."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        self._add_import(commands)
        export = commands.add_parser("export", help="Write the rules that are switched on as a Prometheus rule file.")
        export.add_argument("--file", help="Only the groups that came from this file.")
        export.add_argument("--output", metavar="FILE", help="Write here instead of standard output.")
        test = commands.add_parser("test", help="Run unit tests of rule files, as promtool test rules does.")
        test.add_argument("files", nargs="+", metavar="FILE")
        listing = commands.add_parser("list", help="The rules, and how they stand.")
        listing.add_argument("--json", action="store_true")

    def _add_import(self, commands: Any) -> None:
        parser = commands.add_parser(
            "import",
            help="Make the rules as a Prometheus rule file says, all or nothing. Doing it twice changes nothing more.",
            epilog="Exit codes: 0 done, or nothing to do; 1 refused, nothing was changed; 2 --diff found differences.",
        )
        parser.add_argument("file", help="The rule file; - reads standard input.")
        parser.add_argument("--name", help="Of the file, by which its groups are known again; otherwise its own.")
        parser.add_argument("--diff", action="store_true", help="Change nothing; show what would change.")
        parser.add_argument("--prune", action="store_true", help="Delete what the file no longer names.")
        parser.add_argument("--json", action="store_true", help="Say what changed as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        acts: dict[str, Callable[..., None]] = {
            "import": self._import,
            "export": self._export,
            "test": self._test,
            "list": self._list,
        }
        acts[options["command"]](**options)

    def _import(self, *, file: str, name: str | None, diff: bool, prune: bool, json: bool, **_: Any) -> None:
        try:
            groups = reading.parse(_text(file))
            known_as = name or ("stdin" if file == "-" else Path(file).name)
            changes = rules_import(groups, file=known_as, now=timezone.now(), prune=prune, dry_run=diff)
        except PortableError as error:
            raise CommandError(f"{error}\nNothing was changed.") from None
        self._say(changes, applied=not diff, as_json=json)
        if diff and changes:
            sys.exit(DIFFERENT)

    def _say(self, changes: list[Change], *, applied: bool, as_json: bool) -> None:
        if as_json:
            found = {"applied": applied, "changes": [change.as_dict() for change in changes]}
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
            return
        for change in changes:
            self.stdout.write(str(change))
        word = "changes" if applied else "differences"
        self.stdout.write(f"{len(changes)} {word}." if changes else "Nothing to change.")

    def _export(self, *, file: str | None, output: str | None, **_: Any) -> None:
        text = rules_exported(file)
        if output:
            Path(output).write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")

    def _test(self, *, files: list[str], **_: Any) -> None:
        failed = False
        for file in files:
            self.stdout.write(f"Unit Testing:  {file}")
            words = tested_file(Path(file))
            failed = failed or bool(words)
            self.stdout.write("  FAILED:\n" + "\n".join(words) + "\n" if words else "  SUCCESS\n")
        if failed:
            sys.exit(1)

    def _list(self, *, json: bool, **_: Any) -> None:
        rows = [_row(rule) for rule in rules_listed()]
        if json:
            self.stdout.write(_json(rows))
            return
        for row in rows:
            stands = f"{row['firing']} firing, {row['pending']} pending" if row["enabled"] else "off"
            self.stdout.write(f"{row['slug']:<40} {row['kind']:<13} {row['severity']:<9} {stands}")


def tested_file(path: Path) -> list[str]:
    """What failed in a file of unit tests."""
    try:
        file = unit_tests.parse(_text(str(path)))
    except PortableError as error:
        return [f"    {fault}" for fault in error.faults]
    groups: list[reading.FileGroup] = []
    for pattern in file.rule_files:
        for one in sorted(path.parent.glob(pattern)) if not Path(pattern).is_absolute() else [Path(pattern)]:
            try:
                groups += reading.parse(_text(str(one)))
            except PortableError as error:
                return [f"    {one.name}: {fault}" for fault in error.faults]
    return unit_testing.tested(file, groups)


def _row(rule: AlertRule) -> dict[str, Any]:
    counted: Any = rule
    return {
        "slug": rule.slug,
        "name": rule.name,
        "kind": str(rule.kind),
        "severity": str(rule.severity),
        "enabled": rule.enabled,
        "firing": counted.firing_count,
        "pending": counted.pending_count,
    }


def _json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Cannot read {file} ({type(error).__name__}).") from None
