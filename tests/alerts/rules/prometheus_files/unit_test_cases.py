"""Rule files and unit tests of them, for both promtool and the portal; `recorded.json` holds what promtool says of each.

`python -m tests.alerts.rules.prometheus_files.unit_test_cases` records anew. Of each failure its first line counts (which alert or
expression, and when), and that there is one.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded.json"
PROMTOOL = shutil.which("promtool")

RULES = """
groups:
  - name: basics
    interval: 15s
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: {kept: "yes"}
      - alert: Down
        expr: up == 0
        for: 5m
        labels: {severity: page, value: "{{ $value }}"}
        annotations: {summary: "{{ $labels.instance }} of {{ $externalLabels.cluster }} is down"}
      - alert: FewUp
        expr: job:up:sum < 2
        annotations: {text: "{{ $value }} of {{ query \\"count(up)\\" | first | value }}"}
      - alert: Kept
        expr: m > 5
        keep_firing_for: 3m
        annotations: {value: "{{ $value }}"}
  - name: later
    limit: 1
    rules:
      - alert: Limited
        expr: limited > 0
      - record: ratio
        expr: job:up:sum / on (job) group_left count by (job) (up)
"""
HEAD = "rule_files: [rules.yml]\nevaluation_interval: 1m\n"
UP = """
tests:
  - interval: 1m
    input_series:
      - series: 'up{job="a", instance="one"}'
        values: "1 1 0x20"
      - series: 'up{job="a", instance="two"}'
        values: "1x30"
      - series: m
        values: "0 6 7 0x4 _ stale 9 9 0x20"
    external_labels: {cluster: north}
"""


def alert(time: str, name: str, labels: str = "", notes: str = "", some: bool = True) -> str:
    told = f"[{{exp_labels: {{{labels}}}, exp_annotations: {{{notes}}}}}]" if some else "[]"
    return f"      - {{eval_time: {time}, alertname: {name}, exp_alerts: {told}}}\n"


def asks(time: str, text: str, *samples: str) -> str:
    said = "".join(
        f"\n          - {{labels: '{one.rpartition(' ')[0]}', value: {one.rpartition(' ')[2]}}}" for one in samples
    )
    return f"      - expr: '{text}'\n        eval_time: {time}\n" + (f"        exp_samples:{said}\n" if said else "")


ALERTS, QUERIES = "    alert_rule_test:\n", "    promql_expr_test:\n"
DOWN = ('job: a, instance: one, severity: page, value: "0"', 'summary: "one of north is down"')
CASES = {
    "fires after for": ALERTS + alert("7m", "Down", *DOWN),
    "is pending before": ALERTS + alert("6m", "Down", some=False),
    "is not pending long enough": ALERTS + alert("6m", "Down", *DOWN),
    "wrong annotation": ALERTS + alert("7m", "Down", DOWN[0], "summary: no"),
    "one is missing": ALERTS + alert("9m", "Down", some=False),
    "another name": ALERTS + alert("9m", "Nobody", some=False),
    "another name that is expected": ALERTS + alert("9m", "Nobody"),
    "recorded series are seen": ALERTS + alert("2m", "FewUp", 'job: a, kept: "yes"', 'text: "1 of 2"'),
    "kept firing": ALERTS + alert("4m", "Kept", "", 'value: "7"') + alert("6m", "Kept", some=False),
    "kept firing no longer": ALERTS + alert("5m", "Kept", "", 'value: "7"'),
    "kept after stale": ALERTS + alert("11m", "Kept", "", 'value: "9"'),
    "between two evaluations": ALERTS + alert("7m30s", "Down", *DOWN),
    "several": ALERTS + alert("1m", "Kept", some=False) + alert("7m", "Down", some=False) + alert("2m", "FewUp", some=False),
    "samples": QUERIES + asks("2m", "up", 'up{job="a",instance="one"} 0', 'up{job="a",instance="two"} 1'),
    "samples in another order": QUERIES + asks("2m", "up", 'up{instance="two",job="a"} 1', 'up{job="a",instance="one"} 0'),
    "a sample differs": QUERIES + asks("2m", "up", 'up{job="a",instance="one"} 1', 'up{job="a",instance="two"} 1'),
    "a sample is missing": QUERIES + asks("2m", "up", 'up{job="a",instance="one"} 0'),
    "no samples": QUERIES + asks("2m", "nothing"),
    "no samples, and some expected": QUERIES + asks("2m", "nothing", "nothing 1"),
    "a scalar": QUERIES + asks("2m", "1 + 1", "{} 2"),
    "stale": QUERIES + asks("8m", "m") + asks("7m", "m", "m 0"),
    "recorded": QUERIES + asks("3m", "job:up:sum", 'job:up:sum{job="a",kept="yes"} 1'),
    "recorded behind others": QUERIES + asks("3m", "ratio", 'ratio{job="a",kept="yes"} 0.5'),
    "recorded behind others, by its own labels": QUERIES + asks("3m", "ratio", 'ratio{job="a"} 0.5'),
    "ALERTS": QUERIES
    + asks("4m", "count by (alertname, alertstate) (ALERTS)", *(
        f'{{alertname="{name}",alertstate="{state}"}} 1'
        for name, state in (("Down", "pending"), ("FewUp", "firing"), ("Kept", "firing"))
    )),
    "ALERTS_FOR_STATE": QUERIES + asks("9m", 'ALERTS_FOR_STATE{alertname="Down"}', (
        'ALERTS_FOR_STATE{alertname="Down",instance="one",job="a",severity="page",value="0"} 120'
    )),
    "a subquery without a step": QUERIES + asks("10m", "count_over_time(up[5m:])", *(
        f'{{job="a",instance="{name}"}} 6' for name in ("one", "two")
    )),
    "beyond the last evaluation": QUERIES + asks("90s", "timestamp(up)", *(
        f'{{job="a",instance="{name}"}} 60' for name in ("one", "two")
    )),
    "looking ahead": QUERIES + asks("2m", "up offset -5m"),
    "an error of a query": QUERIES + asks("2m", "up + on (job) up"),
    "not a number": QUERIES + asks("2m", "m / 0 - m / 0", "{} .nan"),
    "infinite": QUERIES + asks("2m", "m / 0", "{} .inf"),
}  # fmt: skip
VALUES = """
tests:
  - name: notation
    interval: 30s
    input_series:
      - {series: 'a{x="1"}', values: '0+0.1x10 1-1x3 7x2 _x2 5 stale 1e3 -2 +3 Inf -Inf NaN .5'}
      - {series: '{__name__="b",quoted="a\\"b"}', values: '-5+5x20'}
      - {series: 'limited{n="1"}', values: '0x3 1x10'}
      - {series: 'limited{n="2"}', values: '0x30'}
"""
NOTATION = {
    **{
        f"value at {second} s": QUERIES + asks(f"{second}s", "sum_over_time(a[29s]) or vector(-99)", "{} 12345")
        for second in range(0, 900, 30)
    },
    "sums of tenths": QUERIES + asks("5m", "a", 'a{x="1"} 0.9999999999999999'),
    "quoted": QUERIES + asks("1m", "b", '{__name__="b",quoted="a\\\\"b"} 5'.replace("\\\\", "\\")),
    "the name of a test": ALERTS + alert("3m", "Limited", some=False),
    "within the limit": ALERTS + alert("3m", "Limited", 'n: "1"'),
}
BEYOND = """
tests:
  - interval: 1m
    input_series:
      - {series: 'limited{n="1"}', values: '0x3 1x10'}
      - {series: 'limited{n="2"}', values: '0x5 1x10'}
      - {series: 'up{job="a"}', values: '1x10'}
"""
LIMITS = {"beyond the limit": ALERTS + alert("9m", "Limited", some=False)}


def files() -> dict[str, str]:
    """Test files by the name of their case."""
    whole = {name: UP + case for name, case in CASES.items()} | {name: VALUES + case for name, case in NOTATION.items()}
    return {
        name: HEAD + text for name, text in (whole | {name: BEYOND + case for name, case in LIMITS.items()}).items()
    }


def heads(output: str) -> list[str]:
    """The first line of each failure, and what was got of series."""
    kept = re.findall(r"^    ((?:alertname|expr|rule|name): .*?),? *$|^ +(got: .*)$", output, re.MULTILINE)
    return [" ".join(" ".join(pair).split()) for pair in kept]


def of_promtool(text: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.yml").write_text(RULES)
        (Path(folder) / "tests.yml").write_text(text)
        command = [PROMTOOL or "promtool", "test", "rules", "tests.yml"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    output = done.stdout + done.stderr
    found = heads(output)
    if bool(done.returncode) != bool(found):
        raise RuntimeError(output)
    return found


def main() -> None:
    told = {name: of_promtool(text) for name, text in files().items()}
    RECORDED.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
