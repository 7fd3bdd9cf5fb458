"""What a command took is its own, however large the process is that measures, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.waiting import Waiting, waited


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_a_small_process_is_small_although_a_large_one_measures_it() -> None:
    large = bytearray(b"x" * 200_000_000)
    assert waited(python("pass")).memory_mb < 60
    assert len(large) == 200_000_000


def test_memory_and_time_are_those_of_all_its_processes() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', %r], check=True)"
    cost = waited(python(child % "import time; x = b'x' * 150_000_000; time.sleep(0.2)"))
    assert cost.memory_mb > 150
    assert cost.wall > 0.2
    assert cost.cpu > 0.01
    assert cost.status == 0


@pytest.mark.parametrize(
    ("program", "status"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_it_tells_how_the_command_ended(program: str, status: int) -> None:
    assert waited(python(program)).status == status


def test_a_program_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(OSError, match="/nothing: No such file"):
        waited(["/nothing"])


def test_it_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    with (tmp_path / "said").open("w+") as said:
        program = "import os; print(os.getcwd(), os.environ['WORD'])"
        waited(python(program), cwd=tmp_path, env={**os.environ, "WORD": "iron"}, stdout=said)
        said.seek(0)
        assert said.read() == f"{tmp_path} iron\n"


def test_what_interrupts_ends_all_of_its_processes(tmp_path: Path) -> None:
    written = tmp_path / "pid"
    child = (
        f"import os, pathlib, time; pathlib.Path({str(written)!r}).write_text(str(os.getpid())); "
        "time.sleep(99)"
    )
    running = Waiting(python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"))
    until = time.monotonic() + 20
    while not (written.exists() and written.read_text()):
        assert time.monotonic() < until
        time.sleep(0.01)
    running.kill()
    pid = int(written.read_text())
    while Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.01)


def test_the_command_ends_when_what_waits_for_it_is_killed() -> None:
    child = "import os, time; print(os.getpid(), flush=True); time.sleep(99)"
    program = f"from benchmarks.waiting import waited; import sys; waited([sys.executable, '-c', {child!r}])"
    with subprocess.Popen(python(program), stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline().strip().isdigit()
        caller.kill()
        assert caller.stdout.read() == ""  # which ends when the last that could write has ended


def test_ctrl_c_while_it_waits_goes_on_to_the_caller(tmp_path: Path) -> None:
    program = (
        "from benchmarks.waiting import waited; import sys\n"
        "print('waits', flush=True)\n"
        "try: waited([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        "except KeyboardInterrupt: print('interrupted')"
    )
    with subprocess.Popen(python(program), stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "waits\n"
        time.sleep(0.3)
        caller.send_signal(signal.SIGINT)
        assert caller.stdout.read() == "interrupted\n"
