"""The labels of a rule's alerts. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b

from alerts.rules.states import Labels

NAME = "__name__"
ALERT_NAME = "alertname"
FLAPPING = "flapping"
POLICY = "policy"


def series_labels(labels: Labels) -> Labels:
    """Without the name of the metric."""
    if labels and labels[0][0] == NAME:  # sorted: almost always the first
        return labels[1:]
    return tuple(pair for pair in labels if pair[0] != NAME)


def with_own(series: Labels, own: Mapping[str, str]) -> Labels:
    """The labels of a series and those of the rule, which win; an empty one takes the series's away."""
    if not own:
        return series
    merged = {**dict(series), **own}
    return tuple(sorted((name, value) for name, value in merged.items() if value))


@lru_cache(maxsize=50_000)
def identity(labels: Labels) -> str:
    """32 hex digits of BLAKE2b over the sorted labels."""
    parts = "\xff".join(f"{name}\xfe{value}" for name, value in labels)
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
