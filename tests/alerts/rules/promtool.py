"""Debian's promtool as a judge: what Prometheus makes of templates and of rules over time. Needed only to record, and to compare anew.

`python -m tests.alerts.rules.promtool` writes `recorded/*.json` again, from the cases in `template_cases` and `timeline_cases`.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from monitoring.metrics.promql.quoting import unquote

RECORDED = Path(__file__).parent / "recorded"
PROMTOOL = shutil.which("promtool")
_HEAD = re.compile(r"^    alertname: (\S+), time: (\S+), $", re.MULTILINE)
_ALERT = re.compile(r"Labels:\{(.*)\}\n\s+Annotations:\{(.*)\}$", re.MULTILINE)
_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')

Told = list[tuple[dict[str, str], dict[str, str]]]
"""Labels and annotations of alerts that fire."""


def verdicts(rules: Any, tests: Any) -> dict[tuple[str, str], Told]:
    """What promtool got for each (alertname, time) of tests that expect nothing; those that got nothing are left out."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.yml").write_text(yaml.safe_dump(rules))
        whole = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}
        (Path(folder) / "tests.yml").write_text(yaml.safe_dump(whole))
        command = [PROMTOOL or "promtool", "test", "rules", "tests.yml"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    output = done.stdout + done.stderr
    if (done.returncode and "FAILED:" not in output) or "parse error" in output:
        raise RuntimeError(output)
    heads = list(_HEAD.finditer(output))
    ends = [*(one.start() for one in heads[1:]), len(output)]
    return {
        (head[1], head[2]): [(_pairs(one[1]), _pairs(one[2])) for one in _ALERT.finditer(output, head.end(), end)]
        for head, end in zip(heads, ends, strict=True)
    }


def _pairs(text: str) -> dict[str, str]:
    return {name: unquote(quoted) for name, quoted in _PAIR.findall(text)}


def expanded_by_promtool(cases: Sequence[tuple[str, str]]) -> list[str]:
    """What Prometheus makes of (template, value) each; the series is m{n="<place>", instance="db-1:9100", job="node"}."""
    alerts = [
        {"alert": f"T{place}", "expr": f'm{{n="{place}"}}', "annotations": {"out": template}}
        for place, (template, _) in enumerate(cases)
    ]
    series = [
        {"series": f'm{{n="{place}",instance="db-1:9100",job="node"}}', "values": value}
        for place, (_, value) in enumerate(cases)
    ]
    series += [
        {"series": 'up{job="a",instance="web-2:80"}', "values": "1"},
        {"series": 'up{job="b",instance="web-1:80"}', "values": "0"},
    ]
    asked = [{"eval_time": "0m", "alertname": f"T{place}", "exp_alerts": []} for place in range(len(cases))]
    tests = [{"interval": "1m", "input_series": series, "alert_rule_test": asked}]
    found = verdicts({"groups": [{"name": "g", "rules": alerts}]}, tests)
    return [found[f"T{place}", "0s"][0][1]["out"] for place in range(len(cases))]


def main() -> None:
    from tests.alerts.rules.template_cases import CASES
    from tests.alerts.rules.timeline_cases import told_by_promtool

    RECORDED.mkdir(exist_ok=True)
    expanded = [[*case, text] for case, text in zip(CASES, expanded_by_promtool(CASES), strict=True)]
    (RECORDED / "templates.json").write_text(json.dumps(expanded, indent=1, ensure_ascii=False) + "\n")
    lines = [f'  "{name}": {json.dumps(minutes)}' for name, minutes in told_by_promtool().items()]
    (RECORDED / "timelines.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
