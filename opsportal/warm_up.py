"""What a web process does once before its first request, so that no visitor waits for it."""

import gc

from django.urls import get_resolver


def warm_up() -> None:
    """Load every room's addresses and views; take what is loaded out of the garbage collector's view.

    The loaded modules are a few hundred thousand objects that never go. A full collection that walks them stops the
    process for up to 0.2 s in the middle of a request.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
