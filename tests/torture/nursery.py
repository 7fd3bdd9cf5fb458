"""A process that has everything imported and forks a command whenever it is told to.

What is forked is a process of its own that runs the real command line from its beginning to its end; only the
second that imports take is saved, and, unless an order asks for it, the freeing of all memory at the end.
`python -m tests.torture.nursery` reads one order a line (JSON) from stdin and answers each with a line.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.torture.boundaries import STEPS, install
from tests.torture.plan import Watch, plan_from

_IMPORTS = (
    "alembic.command", "crawler.cli.crawl", "crawler.cli.import_", "crawler.cli.reread", "crawler.cli.wacz",
    "crawler.diagnosis", "crawler.extensions.progress", "crawler.quiet", "crawler.robots", "crawler.run",
    "crawler.scheduler", "crawler.settings", "encodings.cp1252", "encodings.idna", "pipelines.boilerplate",
    "pipelines.normalise", "rich.console", "rich.text", "scrapy.core.engine", "sqlalchemy.dialects.sqlite",
    "storage.migrations.newest", "twisted.internet.asyncioreactor", "uvloop",
)  # fmt: skip
_SWITCHED_OFF = {
    "scrapy.extensions": "closespider corestats feedexport logcount logstats memdebug memusage "
    "remote_control spiderstate telnet throttle",
    "scrapy.downloadermiddlewares": "cookies httpcache httpcompression offsite redirect retry",
}
"""What Scrapy imports to find that it is not wanted."""


def main() -> None:
    """Serve orders until stdin ends."""
    switched_off = (f"{place}.{name}" for place, names in _SWITCHED_OFF.items() for name in names.split())
    for name in (*_IMPORTS, *switched_off, *(step.partition(":")[0] for step in STEPS)):
        importlib.import_module(name)
    if "twisted.internet.reactor" in sys.modules:
        raise RuntimeError("a reactor that is made before the fork can't be used behind it")
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            answers.close()
            _live(order)
            return
        print(json.dumps(_watch_over(child, order)), file=answers, flush=True)


def _live(order: dict[str, Any]) -> None:
    """Be the command."""
    for number, name in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(name, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    report = os.open(
        order["report"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644
    )
    faulthandler.enable()
    os.environ.update(order.get("environment", {}))
    watch = Watch(plan_from(order["plan"]), report)
    install(watch, Path(order["archive"]))
    from crawler.cli import main as command_line

    try:
        command_line(order["arguments"])
    except SystemExit as ended:
        if order["whole_end"]:
            raise
        threading._shutdown()  # type: ignore[attr-defined]  # as an interpreter that ends does, in this order
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        watch.ended()
        os._exit(int(ended.code or 0))
    finally:
        watch.ended()


def _watch_over(child: int, order: dict[str, Any]) -> dict[str, Any]:
    """Wait for a child's end, with a signal on the way if it is ordered; what became of it."""
    begin, handle = time.monotonic(), os.pidfd_open(child)
    try:
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        if order.get("signal") is not None and not ended.poll(1000 * order["after"]):
            signal.pidfd_send_signal(handle, order["signal"])
        hung = _hangs(child, ended, order["patience"])
        if hung:
            signal.pidfd_send_signal(handle, signal.SIGABRT)  # faulthandler says where it hangs
            if not ended.poll(10_000):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    finally:
        os.close(handle)
    return {"code": os.waitstatus_to_exitcode(status), "hung": hung, "seconds": time.monotonic() - begin}


def _hangs(child: int, ended: select.poll, patience: float) -> bool:
    """Whether a child has still not ended after so many seconds in which it could have run: what it waits for
    a processor while others have them all is not its own time."""
    begin = time.monotonic()
    while (left := patience - (time.monotonic() - begin - _starved(child))) > 0:
        if ended.poll(1000 * left + 1):
            return False
    return True


def _starved(process: int) -> float:
    """Seconds that the main thread of a process has waited for a processor (Linux: /proc/PID/schedstat)."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


if __name__ == "__main__":
    main()
