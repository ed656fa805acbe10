"""One column of values in few bytes, bit by bit the same when read back: every NaN, both zeros, denormals.

Whole numbers and decimals are kept as integers; rare changes as runs; the few values that do not fit their column (stale markers
among counts) beside it. What a slice holds is written down in docs/metrics-block-format.md.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.columns import CorruptBlockError, Floats, Ints
from monitoring.metrics.blocks.header import MOST_DECIMALS
from monitoring.metrics.blocks.packing import (
    Bools,
    Reader,
    integer_bytes,
    mask_bytes,
    pco,
    read_integers,
    read_mask,
    unpco,
)

CONSTANT, FLOATS, INTEGERS, RUNS = range(4)
_METHOD, _ODD = 0x03, 0x04
POWERS = tuple(10.0**k for k in range(MOST_DECIMALS + 1))
_ALL_POWERS = np.array(POWERS)[:, None]
_EXACT = float(1 << 53)
_WHOLE = float(1 << 62)
_FLOAT = np.dtype("<f8")
_BITS = np.dtype("<u8")
Column = TypeVar("Column", Floats, Ints)
_PROBE = 16  # values looked at before a whole column is


def bits_of(values: Floats) -> NDArray[np.uint64]:
    return values.view(np.uint64)


def is_constant(values: Floats) -> bool:
    bits = bits_of(values)
    return bool(bits[0] == bits[-1] and (bits == bits[0]).all())


def value_bytes(values: Floats) -> bytes:
    """The slice of a column of at least one value, contiguous float64."""
    with np.errstate(all="ignore"):
        return _value_bytes(values)


def _value_bytes(values: Floats) -> bytes:
    if is_constant(values):
        return bytes([CONSTANT]) + values[:1].tobytes()
    best = _numbers(values)
    bits = bits_of(values)
    changed = bits[1:] != bits[:-1]
    if len(best) > 24 and np.count_nonzero(changed) <= len(values) // 8:
        starts = np.concatenate(([True], changed))
        best = min(best, bytes([RUNS]) + mask_bytes(changed) + _value_bytes(values[starts]), key=len)
    return best


def read_values(reader: Reader, count: int, decimals: int = -1) -> Floats:
    """What `value_bytes` was given, but with so many decimals, unless that is -1. The reader is left at its end."""
    tag = reader.byte()
    method = tag & _METHOD
    if method == CONSTANT:
        return np.repeat(np.asarray(reader.array(1, _FLOAT), dtype=np.float64), count)
    if method == RUNS:
        return _read_runs(reader, count)
    odd = _read_odd(reader, count) if tag & _ODD else None
    if method == FLOATS:
        values = unpco(reader.rest(), count, _FLOAT)
    else:
        whole, own = _read_whole(reader, count)
        values = scaled(whole, own if decimals < 0 else decimals)
    if odd is not None:
        bits_of(values)[odd[0]] = odd[1]
    return values


def _read_runs(reader: Reader, count: int) -> Floats:
    changed = read_mask(reader, count - 1)
    runs = np.cumsum(np.concatenate(([0], changed)))
    if reader.at < len(reader.data) and reader.data[reader.at] & _METHOD == RUNS:
        raise CorruptBlockError("A column of runs lies within another.")
    values: Floats = read_values(reader, int(runs[-1]) + 1)[runs]
    return values


def _numbers(values: Floats) -> bytes:
    """The best of floats and integers."""
    found = as_integers(values)
    if found is None:
        return _as_floats(values)
    whole, exponent, fits = found
    best = _integer_bytes(whole, exponent, fits, values)
    if len(best) > 2 * len(values):
        best = min(best, _as_floats(values), key=len)
    return best


def _as_floats(values: Floats) -> bytes:
    numbers = ~np.isnan(values)
    if numbers.all() or not numbers.any():
        return bytes([FLOATS]) + pco(values)
    return bytes([FLOATS | _ODD]) + _odd_bytes(numbers, values) + pco(_filled(values, numbers))


def as_integers(values: Floats) -> tuple[Ints, int, Bools | None] | None:
    """The column as integers / 10**exponent, and which values that holds for (None: all); None, if for too few."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    probe = finite[:: max(1, len(finite) // _PROBE)]
    for exponent in _likely(probe):
        whole, fits = _scaled(values, exponent)
        odd = len(values) - int(np.count_nonzero(fits))
        if odd == 0:
            return whole, exponent, None
        if odd <= max(1, len(values) // 16):
            return _filled(whole, fits), exponent, fits
    return None


def _likely(probe: Floats) -> list[int]:
    """The exponents that suit all of a few values, or all but one."""
    scaled = probe * _ALL_POWERS
    near = np.rint(scaled)
    suits = (np.abs(near) < _EXACT) & (near / _ALL_POWERS == probe)
    suits[0] |= near[0] == probe
    found: list[int] = np.flatnonzero(np.count_nonzero(suits, axis=1) >= len(probe) - 1).tolist()
    return found


def _scaled(values: Floats, exponent: int) -> tuple[Ints, Bools]:
    """Integers i, and where i / 10**exponent is just the value."""
    near = np.rint(values * POWERS[exponent]) if exponent else np.rint(values)
    small = np.abs(near) < (_EXACT if exponent else _WHOLE)
    whole = near.astype(np.int64) if small.all() else np.where(small, near, 0.0).astype(np.int64)
    back = whole / POWERS[exponent] if exponent else whole.astype(np.float64)
    return whole, small & (bits_of(back) == bits_of(values))


def _filled(values: Column, good: Bools) -> Column:
    """The others replaced by the good value before them (the first good one, at the front)."""
    last = np.maximum.accumulate(np.where(good, np.arange(len(values)), -1))
    last[last < 0] = int(np.argmax(good))
    return values[last]


def _integer_bytes(whole: Ints, exponent: int, fits: Bools | None, values: Floats) -> bytes:
    tag, odd = (INTEGERS, b"") if fits is None else (INTEGERS | _ODD, _odd_bytes(fits, values))
    return bytes([tag]) + odd + bytes([exponent]) + integer_bytes(whole)


def read_scaled(reader: Reader, count: int) -> tuple[Ints, int]:
    """(integers, exponent) of a slice that is just these."""
    if reader.byte() != INTEGERS:
        raise CorruptBlockError("A column that others are told beside is not of integers.")
    return _read_whole(reader, count)


def _read_whole(reader: Reader, count: int) -> tuple[Ints, int]:
    exponent = reader.byte()
    if exponent > MOST_DECIMALS:
        raise CorruptBlockError(f"A column has {exponent} decimals.")
    return read_integers(reader, count), exponent


def scaled(whole: Ints, exponent: int) -> Floats:
    """The values that integers stand for."""
    values = whole.astype(np.float64)
    if exponent:
        values /= POWERS[exponent]
    return values


def _odd_bytes(good: Bools, values: Floats) -> bytes:
    """Where the column does not hold, and the bits there: once, if all are the same."""
    bits = bits_of(values)[~good]
    same = bool((bits == bits[0]).all())
    return mask_bytes(~good) + bytes([same]) + (bits[:1] if same else bits).astype(_BITS).tobytes()


def _read_odd(reader: Reader, count: int) -> tuple[Bools, NDArray[np.uint64]]:
    where = read_mask(reader, count)
    same = reader.byte()
    return where, reader.array(1 if same else int(np.count_nonzero(where)), _BITS)
