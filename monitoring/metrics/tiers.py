"""How finely samples are kept: raw, and three roll-ups. Each tier has a partitioned table of blocks."""

from dataclasses import dataclass

from opsportal.partitions import PartitionedTable

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Tier:
    """`width_ms` is the length of a bucket, 0 for raw; `kept_days` holds until somebody says otherwise, 0 means not built."""

    name: str
    label: str
    width_ms: int
    kept_days: int
    blocks: PartitionedTable


RAW = Tier("raw", "Raw samples", 0, 30, PartitionedTable("metrics_block", "start", "day"))
MINUTE = Tier("1m", "1 minute", 60_000, 0, PartitionedTable("metrics_rollup_1m", "start", "month"))
TEN_MINUTES = Tier("10m", "10 minutes", 600_000, 90, PartitionedTable("metrics_rollup_10m", "start", "month"))
HOUR = Tier("1h", "1 hour", HOUR_MS, 800, PartitionedTable("metrics_rollup_1h", "start", "month"))

ROLLUPS = (MINUTE, TEN_MINUTES, HOUR)
TIERS = {tier.name: tier for tier in (RAW, *ROLLUPS)}
HOT = PartitionedTable("metrics_hot", "time", "hour")

WEEK_MS = 7 * DAY_MS
LONGEST_MS = {"raw": DAY_MS, "1m": DAY_MS, "10m": WEEK_MS, "1h": 31 * DAY_MS}
"""Spans of the longest blocks of each tier: a block that begins longer ago than that is over."""
