"""Functions over random samples, beside promtool of Debian's Prometheus where it is installed."""

import json
import math
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring.metrics.promql.vectors import Vector
from tests.monitoring.metrics.promql.functions.arguments import NAMED, Samples, made, samples, scalar, windows
from tests.monitoring.metrics.promql.functions.comparing import close

PROMTOOL = shutil.which("promtool")
SAMPLES = 30
OVER_WINDOWS = (
    "avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time max_over_time min_over_time "
    "present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time"
)
EVAL_S = 412
CALLS = [f"{name}(#)" for name in OVER_WINDOWS.split()] + [
    "holt_winters(#,0.3,0.7)",
    "predict_linear(#,-3600.5)",
    "quantile_over_time(0.3,#)",
]
KINDS: dict[str, Callable[[random.Random], float]] = {
    "gauge": lambda chance: chance.gauss(0, 1),
    "far from zero": lambda chance: 1e10 + chance.random(),
    "constant": lambda chance: 0.1,
    "cancelling": lambda chance: chance.choice([1e100, -1e100, 1.0, 2.5, 1e308, -1e308, 0.0]),
    "special": lambda chance: chance.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, 2.0, -4.5]),
    "with NaN": lambda chance: chance.choice([math.nan, 1.0, 2.0, 3.0, -4.5]),
    "with reset": lambda chance: float(chance.randint(0, 9)),
}


def text_of(kind: str, chance: random.Random) -> str:
    """Values as promtool reads them, with gaps."""
    gap = chance.choice([0, 0, 0.3, 0.8])
    words = ["_" if chance.random() < gap else repr(KINDS[kind](chance)) for _ in range(SAMPLES)]
    return " ".join(words).replace("nan", "NaN").replace("inf", "Inf") + " 1"


def promtool(folder: Path, series: dict[str, str], queries: list[str]) -> dict[str, str]:
    """What promtool says that it got for each query, having expected something else."""
    never = [{"labels": "never", "value": 12345}]
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": text} for name, text in series.items()],
        "promql_expr_test": [{"expr": query, "eval_time": f"{EVAL_S}s", "exp_samples": never} for query in queries],
    }
    path = folder / "test.yml"
    path.write_text(json.dumps({"evaluation_interval": "15s", "tests": [test]}))
    run = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    found = re.findall(r'expr: "(.*?)", time: .*?,\n\s+exp: .*?\n\s+got: (.*)', run.stdout + run.stderr)
    return dict(found)


def ours(call: str, one: Samples, range_s: int, offset_s: int) -> Vector:
    name, _, args = call.removesuffix(")").partition("(")
    end_ms = (EVAL_S - offset_s) * 1000
    window = windows([one], range_s * 1000, [end_ms], eval_times=[EVAL_S * 1000], labels=[NAMED])
    return made(name, *(window if arg == "#" else scalar(float(arg)) for arg in args.split(",")))


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
@pytest.mark.parametrize("kind", KINDS)
def test_every_function_of_windows_gives_what_prometheus_gives(kind: str, tmp_path: Path) -> None:
    chance = random.Random(kind)
    series = {f"m{number}": text_of(kind, chance) for number in range(8)}
    cases = {}
    for call in CALLS:
        for name, text in series.items():
            range_s, offset_s = chance.choice([30, 75, 150, 307]), chance.choice([1, 37])
            query = call.replace("#", f"{name}[{range_s}s] offset {offset_s}s")
            cases[query] = ours(call, samples(text), range_s, offset_s)
    answers = promtool(tmp_path, series, list(cases))
    assert answers.keys() == cases.keys()
    for query, found in cases.items():
        expected = None if answers[query] == "nil" else float(answers[query].rsplit(" ", 1)[1].replace("Inf", "inf"))
        assert close(float(found.values[0, 0]) if found.present[0, 0] else None, expected), query
        assert expected is None or ("__name__" in answers[query]) == ("__name__" in dict(found.labels[0])), query
