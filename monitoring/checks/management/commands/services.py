"""`manage.py services import|export`: the services as a YAML file."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitoring.checks.models import Check, Service
from monitoring.checks.portable.diff import Change
from monitoring.checks.portable.exporting import dump, export_tree
from monitoring.checks.portable.importing import services_import
from monitoring.checks.portable.reading import PortableError, parse

DIFFERENT = 2


class Command(BaseCommand):
    help = "Import and export services and their checks as YAML. docs/commands.md describes the format."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        self._add_import(commands)
        self._add_export(commands)

    def _add_import(self, commands: Any) -> None:
        parser = commands.add_parser(
            "import",
            help="Make the services as a file says, all or nothing. Doing it twice changes nothing more.",
            epilog="Exit codes: 0 done, or nothing to do; 1 refused, nothing was changed; 2 --diff found differences.",
        )
        parser.add_argument("file", help="The YAML file; - reads standard input.")
        parser.add_argument("--diff", action="store_true", help="Change nothing; show what would change.")
        parser.add_argument("--prune", action="store_true", help="Delete services and checks the file does not name.")
        parser.add_argument("--json", action="store_true", help="Say what changed as JSON.")

    def _add_export(self, commands: Any) -> None:
        parser = commands.add_parser("export", help="Write the services as YAML. Secrets are left out.")
        parser.add_argument("slugs", nargs="*", metavar="service", help="Slugs of services; none: all of them.")
        parser.add_argument("--output", metavar="FILE", help="Write here instead of standard output.")
        parser.add_argument("--json", action="store_true", help="Write JSON instead of YAML.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["command"] == "import":
            self._import(**options)
        else:
            self._export(**options)

    def _import(self, *, file: str, diff: bool, prune: bool, json: bool, **_: Any) -> None:
        try:
            changes = services_import(parse(_text(file)), dry_run=diff, prune=prune)
        except PortableError as error:
            self._refuse(error, as_json=json)
        self._say(changes, applied=not diff, as_json=json)
        if diff and changes:
            sys.exit(DIFFERENT)

    def _refuse(self, error: PortableError, *, as_json: bool) -> None:
        if not as_json:
            raise CommandError(f"{error}\nNothing was changed.") from None
        faults = [{"place": fault.place, "line": fault.line, "words": fault.words} for fault in error.faults]
        self.stdout.write(json.dumps({"applied": False, "faults": faults}, indent=2))
        sys.exit(1)

    def _say(self, changes: list[Change], *, applied: bool, as_json: bool) -> None:
        if as_json:
            found = {"applied": applied, "changes": [change.as_dict() for change in changes]}
            self.stdout.write(json.dumps(found, indent=2, default=str, ensure_ascii=False))
            return
        for change in changes:
            self.stdout.write(str(change))
        word = "changes" if applied else "differences"
        self.stdout.write(f"{len(changes)} {word}." if changes else "Nothing to change.")

    def _export(self, *, slugs: list[str], output: str | None, json: bool, **_: Any) -> None:
        known = set(Service.objects.filter(slug__in=slugs).values_list("slug", flat=True))
        if missing := [slug for slug in slugs if slug not in known]:
            raise CommandError(f"There is no service {missing[0]!r}.")
        tree = export_tree(slugs or None)
        text = _json(tree) if json else _secrets_note(list(tree)) + dump(tree)
        if output:
            Path(output).write_text(text, encoding="utf-8")
            self.stderr.write(f"{len(tree)} services written to {output}.")
        else:
            self.stdout.write(text, ending="")


def _json(tree: dict[str, Any]) -> str:
    return json.dumps({"version": 1, "services": tree}, indent=2, ensure_ascii=False) + "\n"


def _secrets_note(slugs: list[str]) -> str:
    """Comment lines that name the checks whose secrets were left out."""
    sealed = Check.objects.filter(service__slug__in=slugs).exclude(sealed_secrets="").select_related("service")
    names = ", ".join(f"{check.service.slug}/{check.slug}" for check in sealed)
    return f"# Secrets are not exported. These checks have some: {names}\n" if names else ""


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Cannot read {file} ({type(error).__name__}).") from None
