"""Bytes a sample on disk: the tables of the store with their indexes, labels and all, beside VictoriaMetrics.

A day has no roll-ups, since they are made of whole weeks; what they add is in the figure of a week. VictoriaMetrics makes none.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.metrics import estate, peers
from benchmarks.metrics.capture import captured
from benchmarks.metrics.estate import Fed
from benchmarks.report import Report


def measure(report: Report, folder: Path) -> None:
    start_ms = estate.last_midnight_ms(2)
    day = list(estate.mixed_day(start_ms))
    ours, theirs = _both(day)
    report.at_most("bytes a sample, a day of 350 mixed series at 15 s", ours, "B", 2.0)
    report.plain("bytes a sample that the day after adds", _next_day(start_ms + estate.DAY_MS), "B")
    if theirs is not None:
        report.plain("bytes a sample, the same in VictoriaMetrics", theirs, "B")
    report.plain("bytes a sample, a week of it that is over, with its roll-ups", _week(), "B")
    real = captured(start_ms)
    if not real:
        print("bytes a sample, real capture: left out, no exporter is installed", flush=True)
        return
    ours, theirs = _both(real)
    report.plain("real capture: series", sum(len(one) for one in real), "")
    if theirs is None:
        report.plain("bytes a sample, real capture", ours, "B")
        print("victoria-metrics is not installed: no peer to hold it against", flush=True)
    else:
        report.plain("bytes a sample, real capture in VictoriaMetrics", theirs, "B")
        report.at_most("bytes a sample, real capture, against VictoriaMetrics", ours / theirs, "times", 1.0)
        report.plain("bytes a sample, real capture", ours, "B")


def _both(targets: Sequence[Sequence[Fed]]) -> tuple[float, float | None]:
    estate.empty()
    samples = estate.feed(targets)
    estate.close()
    sizes = estate.sizes()
    for name, size in sorted(sizes.items(), key=lambda one: -one[1])[:6]:
        print(f"  {name}: {size / samples:.3f} B", flush=True)
    return sum(sizes.values()) / samples, _victoria(targets, samples)


def _next_day(start_ms: int) -> float:
    """Without what an empty store takes: the first pages of tables and indexes, and their maps."""
    before = sum(estate.sizes().values())
    samples = estate.feed(estate.mixed_day(start_ms))
    estate.close()
    return (sum(estate.sizes().values()) - before) / samples


def _week() -> float:
    """The last one that is rolled up."""
    estate.empty()
    monday_ms = estate.last_monday_ms()
    samples = sum(estate.feed(estate.mixed_day(monday_ms + day * estate.DAY_MS)) for day in range(7))
    estate.close()
    sizes = estate.sizes()
    assert any(name.startswith("metrics_rollup_10m") for name in sizes), "The week is not rolled up."
    for name in ("rollup_10m", "rollup_1h"):
        part = sum(size for table, size in sizes.items() if table.startswith(f"metrics_{name}"))
        print(f"  {name}: {part / samples:.3f} B", flush=True)
    return sum(sizes.values()) / samples


def _victoria(targets: Sequence[Sequence[Fed]], samples: int) -> float | None:
    with peers.victoria() as peer:
        if peer is None:
            return None
        peer.feed(targets)
        peer.ask("GET", "/internal/force_flush")
        assert peer.count() > 0.98 * samples, "VictoriaMetrics has not kept the samples (it leaves NaN out)"
        peer.merge()
        peer.stop()
        return peer.bytes_on_disk() / samples
