"""`python launch.py FD COMMAND…`: runs a command to its end, and writes to FD as JSON what it took.

It stands between what measures and what is measured: Linux counts a process's peak memory from that of the
one that began it, so a child of a large process seems to be as large. This one is small. It ends, with all
that it started, when nobody reads FD any more.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from time import monotonic


def main() -> None:
    """Run what the arguments say. Its exit status is no word of the command's."""
    told, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(told, False)
    begin = monotonic()
    try:
        process = os.posix_spawnp(command[0], command, os.environ)
    except OSError as error:
        os.write(told, json.dumps({"error": f"{command[0]}: {error.strerror}"}).encode())
        return
    threading.Thread(target=_end_with_reader, args=(told,), daemon=True).start()
    _, status, usage = os.wait4(process, 0)
    wall = monotonic() - begin
    unit = 1024**2 if sys.platform == "darwin" else 1024
    took = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory_mb": usage.ru_maxrss / unit,
        "status": os.waitstatus_to_exitcode(status),
    }
    os.write(told, json.dumps(took).encode())


def _end_with_reader(told: int) -> None:
    """Whoever measures was killed: what is measured does not go on. The group is this process's."""
    broken = select.poll()
    broken.register(told, 0)  # an end that nobody reads is told without being asked for
    broken.poll()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
