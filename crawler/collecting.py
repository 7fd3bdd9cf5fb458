"""The garbage collector, spared what it would look at in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 5_000
"""New objects that may come together before the garbage collector looks at them (Python's own: 700)."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Spare the garbage collector what the imports made, and have it look at new objects less often.

    A page makes thousands of objects, of which hardly any outlive it: with Python's own thresholds the
    collector looks through them many times a page, and now and then through every module there is.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
