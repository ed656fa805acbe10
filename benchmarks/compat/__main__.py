"""Our PromQL beside Prometheus 2.42, on the same samples: how many answers are equal, how many differ, how many we refuse.

    python -m benchmarks.compat [--only FAMILY] [--every N] [--verbose]

Leaves with 1 unless everything within the declared scope (scope.py) is equal.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
from collections import Counter

from benchmarks.compat.answers import OTHER, USUAL, Settings
from benchmarks.compat.ours import Ours
from benchmarks.compat.prometheus import missing, running
from benchmarks.compat.queries import FAMILIES
from benchmarks.compat.samples import BASE_S, data_set
from benchmarks.compat.stores import in_memory
from benchmarks.compat.tally import Side, Tally, of_family, tally
from benchmarks.report import Report

SHOWN = 8
INSTALLED_WITHIN_S = 900
OF_SETTINGS = ("selectors", "offset_at", "subqueries", "mixed")
"""Families that are asked again with another lookback and another default step."""


def main() -> None:
    options = arguments()
    install()
    series, report = data_set(), Report()
    storage, tallies = in_memory(series), []
    for settings, families in ((USUAL, FAMILIES), (OTHER, OF_SETTINGS)):
        with running(settings) as prometheus:
            prometheus.feed(series)
            sides = prometheus, Ours(storage, settings)
            chosen = [family for family in families if family in (options.only or families)]
            tallies += [measured(report, family, sides, options, settings) for family in chosen]
    total(report, tallies, len(series), sum(len(one.times) for one in series))
    report.finish()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compat", description="Compare with Prometheus 2.42.")
    parser.add_argument("--only", action="append", choices=FAMILIES, metavar="FAMILY", help=", ".join(FAMILIES))
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one of N expressions")
    parser.add_argument("--verbose", action="store_true", help="print every difference, not the first of each family")
    return parser.parse_args()


def install() -> None:
    """Make sure that Debian's Prometheus is here; as root, by installing it."""
    if not shutil.which("prometheus") and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "--yes", "--no-install-recommends", "prometheus"]
        subprocess.run(command, check=False, timeout=INSTALLED_WITHIN_S)
    if why := missing():
        sys.exit(why)


def measured(
    report: Report, family: str, sides: tuple[Side, Side], options: argparse.Namespace, settings: Settings
) -> Tally:
    found = tally(family, of_family(family, BASE_S, options.every), *sides)
    with_other = (
        "" if settings == USUAL else f", lookback {settings.lookback_ms} ms, step {settings.default_step_ms} ms"
    )
    report.at_least(f"{family}{with_other}: equal", found.counts["equal"], f"of {found.questions}", found.questions)
    for finding in itertools.islice(found.findings, None if options.verbose else SHOWN):
        question = finding.question
        span = f"{question.start_ms}..{question.end_ms}/{question.step_ms}" if question.step_ms else question.start_ms
        print(f"  {finding.verdict}: {question.text}  [{question.mode} {span}]\n    {finding.words}")
    return found


def total(report: Report, tallies: list[Tally], series: int, samples: int) -> None:
    counts = {word: sum(one.counts[word] for one in tallies) for word in ("equal", "differing", "refused", "words")}
    outside = sum((one.outside for one in tallies), Counter())
    report.plain("series", series, "")
    report.plain("samples", samples, "")
    report.plain("expressions", len(set().union(*(one.expressions for one in tallies))), "")
    report.plain("questions", sum(counts.values()), "")
    for what, count in sorted(sum((one.kinds for one in tallies), Counter()).items()):
        report.plain(what, count, "")
    for why, count in outside.items():
        report.plain(f"outside the declared scope, {why}", count, "")
    report.at_most("differing", counts["differing"], "", 0)
    report.at_most("refused", counts["refused"], "", 0)
    report.at_most("errors in other words", counts["words"], "", 0)
    report.at_least("equal", counts["equal"], f"of {sum(counts.values())}", sum(counts.values()))


if __name__ == "__main__":
    main()
