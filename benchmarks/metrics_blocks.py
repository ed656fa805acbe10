"""`python -m benchmarks.metrics_blocks`: bytes a sample in blocks, by kind of series, and how fast blocks are written and read.

In memory, one core, without a database: 350 series of `metrics_data` by the hour and by the day, a week of roll-ups, and a capture of
node_exporter once a second (BENCH_CAPTURE_S seconds, 60 unless told, 0 for none) where it is installed.
"""

import os
import shutil
import subprocess
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np

from benchmarks import metrics_data
from benchmarks.report import Report
from benchmarks.stack import free_port
from monitoring.metrics.blocks.codec import decode, decode_pieces, encode
from monitoring.metrics.blocks.columns import Columns, SeriesColumns
from monitoring.metrics.blocks.header import Header
from monitoring.metrics.blocks.merging import merge
from monitoring.metrics.blocks.rollup_codec import decode_rollup, encode_rollup
from monitoring.metrics.blocks.rollups import HOUR_MS, MINUTE_MS, TEN_MINUTES_MS, coarser, counters, roll_up

EXPORTER = "prometheus-node-exporter"
CAPTURE_S = int(os.environ.get("BENCH_CAPTURE_S", "60"))
HOUR_POINTS = 240
WEEK_DAYS = 7
ROLLED_TARGETS = 2
REPEATS = 5
T = TypeVar("T")


def main() -> None:
    report = Report()
    sizes(report, "hour", HOUR_POINTS, at_most=None)
    sizes(report, "day", metrics_data.DAY_POINTS, at_most=1.9)
    speeds(report, "hour", HOUR_POINTS)
    speeds(report, "day", metrics_data.DAY_POINTS)
    one_series(report)
    merging(report)
    rolled(report)
    capture(report)
    report.finish()


def sizes(report: Report, span: str, points: int, at_most: float | None) -> None:
    """Bytes a sample: of each kind its values only, of all everything."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    length = samples = 0
    for target in range(metrics_data.TARGETS):
        made = metrics_data.target_series(target, points)
        block = encode(_columns(made))
        length, samples = length + len(block), samples + points * len(made)
        for one, size in zip(made, _header(block).lengths.tolist(), strict=True):
            by_kind[one.kind].append(size / points)
    for kind, found in by_kind.items():
        report.plain(f"{kind}, values, by the {span}", _mean(found), "B/sample")
    name = f"350 mixed series, blocks of 50 by the {span}, everything"
    if at_most is None:
        report.plain(name, length / samples, "B/sample")
    else:
        report.at_most(name, length / samples, "B/sample", at_most)


def speeds(report: Report, span: str, points: int) -> None:
    series = _columns(metrics_data.target_series(0, points))
    samples = points * len(series)
    written, block = _quickest(lambda: encode(series))
    read, _ = _quickest(lambda: decode(block))
    report.at_least(f"encode, 50 series by the {span}", samples / written / 1e6, "M samples/s", 2)
    report.at_least(f"decode, 50 series by the {span}", samples / read / 1e6, "M samples/s", 20)
    if span == "day":
        report.at_most("decode, 50 series of a day", read * 1000, "ms", 5)


def one_series(report: Report) -> None:
    """From the header's bytes and the ranges, as a reader has them after two `substring()`s."""
    block = encode(_columns(metrics_data.target_series(0)))
    parsed, header = _quickest(lambda: _header(block[:4096]))
    wanted = np.array([20])
    ranges = header.ranges(wanted)
    pieces = [(offset, block[offset : offset + length]) for offset, length in ranges]
    read, _ = _quickest(lambda: decode_pieces(header, wanted, pieces))
    report.plain("header of 50 series parsed", parsed * 1e6, "µs")
    report.plain("one series of a day of 50 decoded", read * 1e6, "µs")
    report.plain("bytes fetched for it, header included", header.length + sum(length for _, length in ranges), "B")


def merging(report: Report) -> None:
    ticks = np.arange(HOUR_POINTS, dtype=np.int64) * metrics_data.STEP_MS
    values = np.arange(HOUR_POINTS, dtype=np.float64)
    hours = [
        Columns.of([SeriesColumns(one, ticks + hour * HOUR_MS, values) for one in range(1000)]) for hour in range(24)
    ]
    late = Columns.of([SeriesColumns(one, ticks[:2] + 1, values[:2]) for one in range(20)])
    took, _ = _quickest(lambda: merge(hours))
    report.plain("merge of 24 hours of 1,000 series", took * 1000, "ms")
    took, _ = _quickest(lambda: merge([*hours, late]))
    report.plain("the same, and late samples of 20 of them", took * 1000, "ms")


def rolled(report: Report) -> None:
    """A week of 100 series: what each width costs beside the week's samples in blocks by the day."""
    raw, samples, took = 0, 0, 0.0
    by_width = dict.fromkeys((MINUTE_MS, TEN_MINUTES_MS, HOUR_MS), 0)
    for target in range(ROLLED_TARGETS):
        columns = Columns.of(_columns(metrics_data.target_series(target, metrics_data.DAY_POINTS * WEEK_DAYS)))
        samples += len(columns.times)
        raw += sum(_day_lengths(columns))
        one, minutes = _quickest(partial(roll_up, columns, MINUTE_MS))
        took += one
        for width in by_width:
            block = encode_rollup(coarser(minutes, width), counters(columns))
            by_width[width] += len(block)
    for width, length in by_width.items():
        report.plain(f"roll-up of {width // MINUTE_MS} min, a week, of the samples' bytes", 100 * length / raw, "%")
    report.plain("rolled up by the minute", samples / took / 1e6, "M samples/s")
    read, _ = _quickest(lambda: decode_rollup(block, HOUR_MS, columns=("max",)))
    report.plain("one column of 50 series of an hourly week read", read * 1000, "ms")


def capture(report: Report) -> None:
    program = shutil.which(EXPORTER)
    if not program or not CAPTURE_S:
        print(f"a capture of node_exporter: left out, {EXPORTER} is not installed or BENCH_CAPTURE_S is 0", flush=True)
        return
    series = scraped(program)
    samples = sum(len(one.times) for one in series)
    block = encode(series)
    report.plain(f"node_exporter, {len(series)} series, {CAPTURE_S} s", len(block) / samples, "B/sample")
    report.plain("of them constant", 100 * float(np.mean(_header(block).lengths == 0)), "%")


def scraped(program: str) -> list[SeriesColumns]:
    """One scrape a second."""
    port = free_port()
    exporter = subprocess.Popen(
        [program, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    found: dict[str, dict[int, float]] = defaultdict(dict)
    try:
        begin = time.monotonic() + 1
        for second in range(CAPTURE_S):
            time.sleep(max(0.0, begin + second - time.monotonic()))
            now = time.time_ns() // 1_000_000
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                for line in answer.read().decode().splitlines():
                    if not line.startswith("#"):
                        name, _, value = line.rpartition(" ")
                        found[name][now] = float(value)
    finally:
        exporter.terminate()
        exporter.wait(10)
    return [
        SeriesColumns(number, np.array(list(one), dtype=np.int64), np.array(list(one.values())))
        for number, (_, one) in enumerate(sorted(found.items()))
    ]


def _day_lengths(columns: Columns) -> list[int]:
    day = metrics_data.DAY_POINTS
    spans = [slice(start, start + day) for start in range(0, day * WEEK_DAYS, day)]
    series = columns.series()
    return [len(encode([SeriesColumns(one.id, one.times[span], one.values[span]) for one in series])) for span in spans]


def _columns(made: list[metrics_data.Made]) -> list[SeriesColumns]:
    return [SeriesColumns(one.number, one.times_ms, one.values) for one in made]


def _header(block: bytes) -> Header:
    header = Header.parse(block)
    assert isinstance(header, Header)
    return header


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _quickest(work: Callable[[], T]) -> tuple[float, T]:
    """(seconds, answer) of the quickest of a few runs: others may use the machine meanwhile."""
    best, answer = float("inf"), None
    for _ in range(REPEATS):
        begin = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - begin)
    assert answer is not None
    return best, answer


if __name__ == "__main__":
    main()
