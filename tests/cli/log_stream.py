"""A log of this process that tests can read, in place of pytest's for as long as it is open."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from crawler import logs, terminal


@contextmanager
def kept_log(form: logs.LogFormat) -> Iterator[io.StringIO]:
    """What is logged from here on, at level INFO."""
    before, hooks = logging.root.handlers[:], (sys.excepthook, sys.unraisablehook)
    out = io.StringIO()
    logging.root.handlers.clear()  # others may write to what has been closed
    logs.install(form, level=logging.INFO, handler=logging.StreamHandler(out))
    try:
        yield out
    finally:
        sys.excepthook, sys.unraisablehook = hooks
        terminal.set_teller(None)
        logs.bind(run=None, site=None)
        logging.root.handlers[:] = before
