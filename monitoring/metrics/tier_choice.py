"""Which tier answers a question: raw samples wherever there are any and they are not too many, else the finest roll-up that fits. Pure.

A roll-up fits an instant selector, and a function whose window, or step, spans at least two of its buckets.
"""

from collections.abc import Mapping
from typing import NamedTuple

from monitoring.metrics.promql.storage import Hints
from monitoring.metrics.tiers import DAY_MS, RAW, ROLLUPS, Tier

AFFORDABLE = 20_000_000
"""Raw samples that a question may take before a roll-up answers in their place."""
BUCKETS_IN_WINDOW = 2


class Choice(NamedTuple):
    """`said` is what the reader should know, empty when there is nothing to say."""

    tier: Tier
    said: str = ""


def choose(hints: Hints, start_ms: int, now_ms: int, kept_days: Mapping[str, int]) -> Choice:
    """The tier for samples from `start_ms` on, by what is kept."""
    if start_ms >= oldest_ms(RAW, now_ms, kept_days):
        return Choice(RAW)
    reaching = [tier for tier in ROLLUPS if kept_days[tier.name] and start_ms >= oldest_ms(tier, now_ms, kept_days)]
    built = reaching or [tier for tier in ROLLUPS if kept_days[tier.name] > kept_days[RAW.name]][-1:]
    if not built:
        return Choice(RAW, f"Raw samples are kept for {kept_days[RAW.name]} days; what is older is gone.")
    fitting = [tier for tier in built if fits(tier, hints)]
    kept = f"Raw samples are kept for {kept_days[RAW.name]} days"
    if fitting:
        return Choice(fitting[0], f"{kept}: this was read from the {fitting[0].label} roll-up.")
    advice = f"take a window or step of at least {BUCKETS_IN_WINDOW} times {built[0].label} for what is older."
    if hints.end_ms >= oldest_ms(RAW, now_ms, kept_days):
        return Choice(RAW, f"{kept}; {advice}")
    return Choice(built[0], f"{kept}: this was read from the {built[0].label} roll-up; {advice}")


def cheaper(hints: Hints, start_ms: int, now_ms: int, kept_days: Mapping[str, int]) -> Choice | None:
    """The finest roll-up that could answer instead of raw samples that are too many."""
    for tier in ROLLUPS:
        if kept_days[tier.name] and fits(tier, hints) and start_ms >= oldest_ms(tier, now_ms, kept_days):
            return Choice(tier, f"Raw samples would be too many: this was read from the {tier.label} roll-up.")
    return None


def fits(tier: Tier, hints: Hints) -> bool:
    """An instant selector finds a bucket at any time of it, whatever its width."""
    if not hints.range_ms:
        return True
    return max(hints.range_ms, hints.step_ms) >= BUCKETS_IN_WINDOW * tier.width_ms


def oldest_ms(tier: Tier, now_ms: int, kept_days: Mapping[str, int]) -> int:
    """From when on the tier is kept: whole days."""
    first = now_ms - kept_days[tier.name] * DAY_MS
    return first - first % DAY_MS
