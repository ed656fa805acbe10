"""Our routing, grouping, inhibition, silences and notifications beside Alertmanager 0.25's: the same random cases, the same posts.

    python -m benchmarks.compat_alertmanager [--cases N] [--first SEED] [--at-once N] [--record FILE] [--verbose]
    python -m benchmarks.compat_alertmanager --store [--cases N] [--first SEED]

Each case runs on an Alertmanager of its own, in real time with timers of tenths of a second, and on our thinking in virtual time. A case
that differs, or that this machine played too late, is played again, slower. What the resolve contract makes us tell in addition, or
once instead of twice, is counted by itself. Leaves with 1 if anything else differs. With --store: the portal itself, with its reducer on
a private PostgreSQL, beside our thinking, both in virtual time; nothing may differ.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from benchmarks.compat_alertmanager.alertmanager import PROGRAM, missing
from benchmarks.compat_alertmanager.compare import differences
from benchmarks.compat_alertmanager.generating import case_of
from benchmarks.compat_alertmanager.ours import START, World
from benchmarks.compat_alertmanager.playing import MOST_LATE, Verdict, judge, play
from benchmarks.compat_alertmanager.receiver import Receiver, listening
from benchmarks.compat_alertmanager.recording import write
from benchmarks.report import Report
from benchmarks.stack import private_servers

BEATS_S = (0.6, 1.4, 1.5)  # of the tries; 18 beats are over before Alertmanager throws empty groups away
INSTALLED_WITHIN_S = 900
SHOWN = 10


def main() -> None:
    options = arguments()
    if options.store:
        store(options)
    install()
    verdicts: list[Verdict] = []
    with listening() as receiver:
        for verdict in judged(options, receiver):
            verdicts.append(verdict)
            show(verdict, options.verbose)
    if options.record:
        kept = write(options.record, (one.played for one in verdicts if one.is_good))
        print(f"recorded: {kept} cases in {options.record}")
    report(verdicts)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compat_alertmanager")
    parser.add_argument("--cases", type=int, default=600, help="how many (600)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the first case's seed (1)")
    parser.add_argument("--at-once", type=int, default=20, metavar="N", help="Alertmanagers at a time (20)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the first cases and Alertmanager's answers")
    parser.add_argument("--store", action="store_true", help="compare the portal with its own thinking instead")
    parser.add_argument("--verbose", action="store_true", help="print what the contract changes, too")
    return parser.parse_args()


def install() -> None:
    """Make sure that Debian's Alertmanager is here; as root, by installing it."""
    if not shutil.which(PROGRAM) and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "--yes", "--no-install-recommends", PROGRAM]
        subprocess.run(command, check=False, timeout=INSTALLED_WITHIN_S)
    if why := missing():
        sys.exit(why)


def judged(options: argparse.Namespace, receiver: Receiver) -> Iterator[Verdict]:
    seeds = range(options.first, options.first + options.cases)
    with ThreadPoolExecutor(options.at_once) as pool:
        yield from pool.map(lambda seed: one_case(seed, receiver), seeds)


def one_case(seed: int, receiver: Receiver) -> Verdict:
    """The verdict of the first try that proves something, or of the last."""
    case = case_of(seed)
    for beat_s in BEATS_S:
        verdict = judge(play(case, receiver, beat_s))
        if verdict.is_good and verdict.played.late <= MOST_LATE:
            break
    return verdict


def store(options: argparse.Namespace) -> NoReturn:
    """The portal beside our thinking, with the resolve contract."""
    result, differing, told = Report(), 0, 0
    with private_servers():
        from benchmarks.compat_alertmanager.stored import Portal

        for seed in range(options.first, options.first + options.cases):
            case = case_of(seed, START)
            wanted = World(case, contract=True).play()
            found = differences(wanted, Portal(case).play())
            differing, told = differing + len(found), told + len(wanted)
            for words in found[:SHOWN]:
                print(f"case {seed} differs: {words}", flush=True)
    result.plain("cases on the portal itself", options.cases, "")
    result.plain("notifications", told, "")
    result.at_most("streams of the portal that differ", differing, "", 0)
    result.finish()


def show(verdict: Verdict, verbose: bool) -> None:
    for kind, found in (("differs", verdict.differing), ("contract not kept", verdict.unkept)):
        for words in found[:SHOWN]:
            print(f"case {verdict.played.case.seed} {kind}: {words}", flush=True)
    for words in verdict.by_contract if verbose else ():
        print(f"case {verdict.played.case.seed} by contract: {words}", flush=True)


def report(verdicts: list[Verdict]) -> None:
    result = Report()
    result.plain("cases", len(verdicts), "")
    result.plain("played again, slower", sum(one.played.beat_s != BEATS_S[0] for one in verdicts), "")
    result.plain("notifications of Alertmanager", sum(len(one.played.told) for one in verdicts), "")
    total = sum(one.streams for one in verdicts)
    differing = sum(len(one.differing) for one in verdicts)
    by_contract = sum(len(one.by_contract) for one in verdicts)
    result.plain("streams (a receiver's webhook and a group)", total, "")
    result.plain("streams equal", total - differing - by_contract, "")
    result.plain("streams differing by the resolve contract only", by_contract, "")
    result.at_most("streams differing otherwise", differing, "", 0)
    result.at_most("promises of the contract not kept", sum(len(one.unkept) for one in verdicts), "", 0)
    result.at_most(
        "cases played too late to prove anything", sum(one.played.late > MOST_LATE for one in verdicts), "", 0
    )
    result.finish()


if __name__ == "__main__":
    main()
