"""How finely samples are kept: raw, and three roll-ups. Each tier has a partitioned table of blocks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from opsportal.partitions import PartitionedTable

HOUR_MS = 3_600_000
DAY_MS = 86_400_000

Span = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Tier:
    """`width_ms` is the length of a bucket, 0 for raw; `kept_days` holds until somebody says otherwise, 0 means not built. Its
    longest blocks are of a `span`: those of roll-ups are long, because a column has a price of its own in each block."""

    name: str
    label: str
    width_ms: int
    kept_days: int
    span: Span
    blocks: PartitionedTable


RAW = Tier("raw", "Raw samples", 0, 30, "day", PartitionedTable("metrics_block", "start", "day"))
MINUTE = Tier("1m", "1 minute", 60_000, 0, "day", PartitionedTable("metrics_rollup_1m", "start", "month"))
TEN_MINUTES = Tier("10m", "10 minutes", 600_000, 90, "week", PartitionedTable("metrics_rollup_10m", "start", "month"))
HOUR = Tier("1h", "1 hour", HOUR_MS, 800, "month", PartitionedTable("metrics_rollup_1h", "start", "month"))

ROLLUPS = (MINUTE, TEN_MINUTES, HOUR)
TIERS = {tier.name: tier for tier in (RAW, *ROLLUPS)}
HOT = PartitionedTable("metrics_hot", "time", "hour")
HOURS = "metrics_hour"
"""The table of raw blocks of an hour, until their day is merged: apart, so that what they leave behind is used again."""

LONGEST_MS = {"day": DAY_MS, "week": 7 * DAY_MS, "month": 31 * DAY_MS}
"""A block that begins longer ago than that is over."""


def span_start(tier: Tier, time: datetime) -> datetime:
    """Where the block of the tier begins that holds `time`; weeks begin on Monday."""
    midnight = time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if tier.span == "week":
        return midnight - timedelta(days=midnight.weekday())
    return midnight.replace(day=1) if tier.span == "month" else midnight
