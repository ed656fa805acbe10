"""Series made to hurt: times and values for property tests."""

import numpy as np
from hypothesis import strategies as st

from monitoring.metrics.blocks.columns import Floats, Ints, SeriesColumns
from monitoring.metrics.promql.storage import STALE_BITS

MOST_TIME = 4_000_000_000_000
ODD_BITS = (
    STALE_BITS,
    0x7FF8000000000001,
    0xFFF8DEAD00000000,
    0x7FF0000000000000,
    0xFFF0000000000000,
    0x8000000000000000,
    1,
    0x800FFFFFFFFFFFFF,
    0x7FEFFFFFFFFFFFFF,
)


def of_bits(bits: list[int]) -> Floats:
    return np.array(bits, dtype=np.uint64).view(np.float64)


odd_values = st.sampled_from(of_bits(list(ODD_BITS)).tolist()).map(float)
any_bits = st.integers(0, 2**64 - 1)
whole_values = st.one_of(st.integers(-5, 5), st.integers(-(2**62), 2**62)).map(float)
decimals = st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 12)).map(lambda pair: pair[0] / 10.0 ** pair[1])


def _bits(value: float) -> int:
    return int(np.array([value]).view(np.uint64)[0])


cells = st.one_of(whole_values.map(_bits), decimals.map(_bits), any_bits, st.sampled_from(ODD_BITS))


@st.composite
def values(draw: st.DrawFn, count: int) -> Floats:
    """`count` values: of a kind and with a few of another among them, or runs, or anything."""
    pool = draw(
        st.lists(draw(st.sampled_from([whole_values.map(_bits), decimals.map(_bits), cells])), min_size=1, max_size=12)
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = draw(st.sampled_from(["pick", "runs", "walk", "noise"]))
    if shape == "noise":
        bits = random.integers(0, 2**64, count, dtype=np.uint64)
    elif shape == "walk":
        bits = np.cumsum(random.integers(0, 9, count)).astype(np.float64).view(np.uint64)
    else:
        picks = random.integers(0, len(pool), count)
        bits = np.array(pool, dtype=np.uint64)[np.sort(picks) if shape == "runs" else picks]
    for odd in draw(st.lists(st.sampled_from(ODD_BITS), max_size=3)):
        bits[draw(st.integers(0, count - 1))] = odd
    return bits.view(np.float64)


@st.composite
def times(draw: st.DrawFn, most: int = 300) -> Ints:
    """Ascending: regular, jittered, or with gaps."""
    count = draw(st.integers(1, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    gap = draw(st.sampled_from([1, 2, 1000, 15_000, 10**9]))
    jitter = random.integers(0, gap, count) if draw(st.booleans()) else 0
    start = draw(st.integers(-MOST_TIME, MOST_TIME))
    return start + np.arange(count, dtype=np.int64) * gap + jitter


@st.composite
def blocks(draw: st.DrawFn, most_series: int = 8) -> list[SeriesColumns]:
    """Series of one target: most share their times or lack some of them, some have their own."""
    shared = draw(times())
    made = []
    for series in sorted(draw(st.sets(st.integers(0, 2**40), min_size=1, max_size=most_series))):
        own = draw(st.sampled_from(["shared", "shared", "part", "few missing", "other"]))
        at = draw(times(50)) if own == "other" else shared
        if own == "part":
            start = draw(st.integers(0, len(at) - 1))
            at = at[start : draw(st.integers(start + 1, len(at)))]
        elif own == "few missing":
            keep = np.random.default_rng(draw(st.integers(0, 9))).random(len(at)) < 0.9
            at = at[keep] if keep.any() else at
        made.append(SeriesColumns(series, at, draw(values(len(at)))))
    return made
