"""`make torture-metrics`: kill -9, 500 times, whoever writes samples and compacts them; then count what was lost, doubled or damaged.

TORTURE_KILLS changes how often, TORTURE_SEED when.
"""

import os
import time

from benchmarks.report import Report
from benchmarks.stack import private_servers

KILLS = int(os.environ.get("TORTURE_KILLS", "500"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))
AT_ONCE = 25
TABLES = (
    "metrics_hot",
    "metrics_hour",
    "metrics_block",
    "metrics_schema",
    "metrics_series",
    "metrics_source",
)


def main() -> None:
    report = Report()
    with private_servers(durable=True):
        from django.db import connection

        from monitoring.metrics import store
        from monitoring.metrics.verifying import verify
        from tests.monitoring.metrics.killing import lives

        kills = batches = lost = wrong = strange = faults = 0
        began = time.monotonic()
        while kills < KILLS:
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
            store.forget()
            toll = lives(min(AT_ONCE, KILLS - kills), SEED + kills)
            kills, batches = kills + toll.kills, batches + toll.batches
            lost, wrong, strange = lost + toll.lost, wrong + toll.wrong, strange + toll.strange
            faults += sum(len(progress.faults) for progress in verify())
            print(
                f"  {kills} kills, {batches} batches acknowledged, lost {lost}, wrong {wrong}, strange {strange}",
                flush=True,
            )
    report.plain("kills", kills, "")
    report.plain("batches acknowledged", batches, "")
    report.plain("time", time.monotonic() - began, "s")
    report.at_most("samples lost", lost, "", 0)
    report.at_most("samples with another value", wrong, "", 0)
    report.at_most("samples doubled, or that nobody wrote", strange, "", 0)
    report.at_most("faults that `metrics verify` finds", faults, "", 0)
    report.finish()


if __name__ == "__main__":
    main()
