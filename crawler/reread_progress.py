"""Tells whoever watches how a reread gets on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from crawler import logs
from crawler.terminal import console

_PLAIN_EVERY_S = 5.0


@contextmanager
def shown_progress() -> Iterator[Callable[[int, int], None]]:
    """A function that is told how many captures are done, of how many; on standard error."""
    screen = console(sys.stderr)
    if logs.is_json() or not screen.is_terminal:
        yield _plain()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=screen, transient=True)
    task = bar.add_task("", total=None)

    def tell(done: int, total: int) -> None:
        bar.start()  # not sooner: its thread would stand in the way of forking
        bar.update(task, completed=done, total=total)

    try:
        yield tell
    finally:
        bar.stop()


def _plain() -> Callable[[int, int], None]:
    begin = last = monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = monotonic()
        if now - last >= _PLAIN_EVERY_S:
            last = now
            rate = done / max(0.001, now - begin)
            line = f"{done:,} of {total:,} captures · {rate:.0f}/s"
            if logs.is_json():
                logs.tell("progress", line, done=done, total=total)
            else:
                print(line, file=sys.stderr, flush=True)

    return tell
