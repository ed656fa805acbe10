"""`make bench-alerts`: every figure of alerts, each part in a process of its own with servers of its own.

Parts can be named: `python -m benchmarks.alerts ingest breaking`.
"""

import subprocess
import sys

PARTS = {
    "ingest": ["benchmarks.alerts.ingest"],
    "posted": ["benchmarks.alerts.telling", "posted"],
    "crossed": ["benchmarks.alerts.telling", "crossed"],
    "storm": ["benchmarks.alerts.telling", "storm"],
    "rules_round": ["benchmarks.alerts.rules_round"],
    "rules_delay": ["benchmarks.alerts.rules_delay"],
    "escalations": ["benchmarks.alerts.escalations"],
    "lists": ["benchmarks.alerts.lists"],
    "breaking": ["benchmarks.alerts.breaking"],
}


def main(words: list[str]) -> int:
    if unknown := sorted(set(words) - set(PARTS)):
        print(f"There is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    short = []
    for name in words or PARTS:
        print(f"# {name}", flush=True)
        if subprocess.run([sys.executable, "-m", *PARTS[name]], check=False).returncode:
            short.append(name)
    if short:
        print(f"short, or not measured: {', '.join(short)}", flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
