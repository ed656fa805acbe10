"""How this process asks the C library for memory."""

import ctypes

M_ARENA_MAX = -8  # malloc.h of glibc
ARENAS = 2


def give_back() -> bool:
    """Return what is free to the system, where the C library can; takes some ms. For after work that needed much."""
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (OSError, AttributeError):
        return False


def few_arenas() -> bool:
    """Let threads share two heaps; whether the C library knows of that. Call it before the first thread starts.

    glibc gives every thread a heap of its own and keeps what is freed there: a web process whose threads take turns with large
    queries held 469 MB so, and 374 MB with two heaps (`make bench-metrics`).
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS))
    except (OSError, AttributeError):
        return False
