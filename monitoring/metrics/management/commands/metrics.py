"""`manage.py metrics stats|verify|compact|export|import`: look at the store, check it, and move samples in and out."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from monitoring.metrics import actions, portable, queries, verifying
from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.ingest import Source
from monitoring.metrics.moments import LEAST_MS, MOST_MS, milliseconds
from monitoring.metrics.promql.ast import selector_matchers
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.parsing import parse
from monitoring.metrics.promql.storage import Matchers
from opsportal.units import binary

FAULTY, BUSY = 1, 3
SHOWN_EVERY = 200


class Command(BaseCommand):
    help = "Look at the store of metrics, check it, close blocks now, export and import samples. docs/metrics-store.md tells more."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        self._add(commands, "stats", "Series, bytes a sample, rate, lag, and what the series are spent on.")
        self._add(
            commands, "verify", "Decode every block and compare it with its row. Exit code 1: something is wrong."
        )
        compacting = self._add(
            commands, "compact", "Close what is due, until nothing is. Exit code 3: another process is at it."
        )
        compacting.add_argument("--everything", action="store_true", help="The present hour and day too.")
        compacting.add_argument("--seconds", type=float, default=3600.0, help="Stop after this long (3600).")
        self._add_export(commands)
        importing = self._add(
            commands, "import", "Take samples of any age from JSON lines. Exit code 1: some were refused."
        )
        importing.add_argument("file", help="The file; - reads standard input.")
        importing.add_argument(
            "--source", default="push:import", metavar="KIND:NAME", help="Whose new series are (push:import)."
        )

    def _add(self, commands: Any, name: str, words: str) -> Any:
        parser = commands.add_parser(name, help=words, description=words)
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")
        return parser

    def _add_export(self, commands: Any) -> None:
        exporting = self._add(commands, "export", "Write raw samples as JSON lines, a series a line.")
        exporting.add_argument(
            "--match", action="append", default=[], metavar="SELECTOR", help='Such as up{job="node"}; all.'
        )
        exporting.add_argument("--start", metavar="TIME", help="ISO 8601; from the beginning.")
        exporting.add_argument("--end", metavar="TIME", help="ISO 8601; to the end.")
        exporting.add_argument("--output", metavar="FILE", help="Write here instead of standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        run = {
            "stats": self._stats,
            "verify": self._verify,
            "compact": self._compact,
            "export": self._export,
            "import": self._import,
        }[options["command"]]
        run(options)

    def _stats(self, options: dict[str, Any]) -> None:
        stats, spent = queries.store_stats(timezone.now()), queries.offenders()
        if options["json"]:
            self._json(asdict(stats) | {"bytes_per_sample": stats.bytes_per_sample, "largest": asdict(spent)})
            return
        raw = sum(stats.samples.values())
        self.stdout.write(
            f"Series: {stats.series:,} ({stats.active_series:,} in use) of {stats.sources:,} sources;"
            f" refused at the cap: {stats.refused_series:,}\n"
            f"Samples: {raw:,} (hot {stats.samples['hot']:,}, hours {stats.samples['hours']:,}, days {stats.samples['days']:,}),"
            f" {stats.bytes_per_sample:.2f} bytes each\n"
            f"Rate: {stats.samples_per_s:,} samples/s; compaction is {stats.lag_s:.0f} s behind"
        )
        for name, size in stats.bytes.items():
            self.stdout.write(f"  {name:<7} {binary(size)}")
        for title, rows in (("Metrics", spent.metrics), ("Labels", spent.labels), ("Sources", spent.sources)):
            self.stdout.write(f"{title} with the most series:" if title != "Labels" else "Labels with the most values:")
            for name, *numbers in rows:
                self.stdout.write(f"  {' '.join(f'{number:>9,}' for number in numbers)}  {name}")

    def _verify(self, options: dict[str, Any]) -> None:
        faults: list[verifying.Fault] = []
        blocks = 0
        for progress in verifying.verify():
            faults += progress.faults
            blocks = progress.of
            for fault in progress.faults if not options["json"] else ():
                self.stdout.write(f"{fault.where}: {fault.what}")
            if progress.done % SHOWN_EVERY == 0:
                self.stderr.write(f"{progress.done} of {progress.of} blocks")
        if options["json"]:
            self._json({"blocks": blocks, "faults": [fault._asdict() for fault in faults]})
        else:
            self.stdout.write(f"Blocks: {blocks}, faults: {len(faults)}.")
        if faults:
            sys.exit(FAULTY)

    def _compact(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        if options["everything"]:
            done = compact(now, Deadline(options["seconds"]), everything=True)
        else:
            done = actions.store_tick(now=now, seconds=options["seconds"])
        if options["json"]:
            self._json(asdict(done))
        else:
            self.stdout.write(f"Hours closed: {done.hours}, days merged: {done.days}, samples moved: {done.samples:,}.")
        if done.busy:
            self.stderr.write("Another process compacts at this moment; nothing was left half done.")
            sys.exit(BUSY)

    def _export(self, options: dict[str, Any]) -> None:
        lines = portable.export(
            [_matchers(text) for text in options["match"]],
            _time(options["start"], "--start", LEAST_MS),
            _time(options["end"], "--end", MOST_MS),
        )
        count = 0
        with _output(options["output"]) as output:
            for line in lines:
                output.write(line)
                count += 1
                if count % SHOWN_EVERY == 0:
                    self.stderr.write(f"{count} series")
        self.stderr.write(json.dumps({"series": count}) if options["json"] else f"Series: {count}.")

    def _import(self, options: dict[str, Any]) -> None:
        kind, _, name = options["source"].partition(":")
        last, refused = portable.Imported(0, 0, ()), 0
        try:
            with _input(options["file"]) as lines:
                for last in portable.import_lines(lines, Source(kind, name)):
                    for refusal in last.refusals:
                        refused += refusal.count
                        self.stderr.write(f"{refusal.count} refused: {refusal.detail}")
                    self.stderr.write(f"{last.samples:,} samples of {last.lines:,} lines")
        except (portable.BadLineError, OSError) as error:
            raise CommandError(f"{error} Stored so far: {last.samples:,} samples.", returncode=FAULTY) from None
        if options["json"]:
            self._json({"lines": last.lines, "samples": last.samples, "refused": refused})
        else:
            self.stdout.write(f"Samples stored: {last.samples:,}, refused: {refused:,}.")
        if refused:
            sys.exit(FAULTY)

    def _json(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, default=str))


def _matchers(text: str) -> Matchers:
    try:
        found = selector_matchers(parse(text))
    except PromqlError as error:
        raise CommandError(f"--match: {error}") from None
    if found is None:
        raise CommandError(f'--match: {text} is no selector; write one such as up{{job="node"}}.')
    return found


def _time(text: str | None, option: str, otherwise: int) -> int:
    if text is None:
        return otherwise
    try:
        read = parse_datetime(text)
    except ValueError:
        read = None
    if read is None:
        raise CommandError(f"{option}: {text} is no time; write one such as 2026-03-01T12:00:00Z.")
    return milliseconds(read if read.tzinfo else datetime.combine(read.date(), read.time(), tzinfo=UTC))


@contextmanager
def _output(path: str | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with open(path, "wb") as file:
            yield file


@contextmanager
def _input(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
    else:
        with open(path, "rb") as file:
            yield file
