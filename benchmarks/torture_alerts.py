"""`make torture-alerts`: alerts through a portal whose web, worker, beat and alerter are killed (-9), whose PostgreSQL is restarted, whose
Valkey is flushed and stopped, and whose receivers fail in turn; then what was lost, not ended or doubled.

TORTURE_ALERTS changes how many alerts, TORTURE_KILLS how many kills, TORTURE_SEED when and whom.
"""

import os

from benchmarks.alerts.torture.playing import Outcome, Play, run
from benchmarks.alerts.torture.portal import portal
from benchmarks.report import Report, percentile

ALERTS = int(os.environ.get("TORTURE_ALERTS", "20000"))
KILLS = int(os.environ.get("TORTURE_KILLS", "100"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))
REPEATED_PERCENT = 0.1


def told(report: Report, outcome: Outcome) -> None:
    verdict = outcome.verdict
    for name, count in sorted(outcome.kills.items()):
        report.plain(f"kill -9 of {name}", count, "")
    for name, count in sorted(outcome.servers.items()):
        report.plain(name, count, "times")
    for name, count in sorted(outcome.ended.items()):
        report.plain(f"{name} ended by itself", count, "times")
    report.plain("requests that failing receivers did not take", outcome.turned_away, "")
    report.plain("posts sent again", outcome.posted_again, "")
    report.plain("time", outcome.seconds, "s")
    report.plain("accepted to told p50", percentile(outcome.waits_s, 50), "s")
    report.plain("accepted to told p99", percentile(outcome.waits_s, 99), "s")
    report.plain("messages", verdict.messages, "")
    report.at_least("alerts accepted", verdict.accepted, "", ALERTS)
    report.at_least("kills", sum(outcome.kills.values()), "", KILLS)
    report.at_most("alerts lost", verdict.lost, "", 0)
    report.at_most("alerts told as firing and not as resolved", verdict.unresolved, "", 0)
    report.at_most("alerts told to the wrong receiver, or that nobody sent", verdict.misled + verdict.uncalled, "", 0)
    report.plain("messages that came again under their key", verdict.repeated, "")
    report.at_most("doubled messages", verdict.repeated_share, "%", REPEATED_PERCENT)
    report.at_most(
        "told again under another key, or another message under a key", verdict.otherwise + verdict.changed, "", 0
    )


def main() -> None:
    report = Report()
    with portal() as stage:
        told(report, run(Play(ALERTS, KILLS, SEED), stage))
    report.finish()


if __name__ == "__main__":
    main()
