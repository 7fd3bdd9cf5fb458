"""`python launch.py FD COMMAND…`: runs a command to its end, and writes to FD as JSON what it took.

It stands between what measures and what is measured: Linux counts a process's peak memory from that of the
one that began it, so a child of a large process seems to be as large. This one is small.
"""

from __future__ import annotations

import json
import os
import sys
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


if __name__ == "__main__":
    main()
