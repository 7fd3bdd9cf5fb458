"""A Dask cluster of processes on loopback: a scheduler and its workers, at ports that the system chooses."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import Client

from tests.crawl.crawling import clean_environment

_START_S = 60.0


class Cluster:
    """A scheduler; workers as they are asked for. Until `stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._process(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show",
            "--scheduler-file", str(self._file),
        )  # fmt: skip
        self.address = str(_when_written(self._file, self.scheduler)["address"])

    def start(
        self, number: int = 1, *, preload: Path | None = None, path: Path | None = None
    ) -> list[subprocess.Popen[bytes]]:
        """Start workers of one thread, without anyone who would start them again. `preload` is a script that
        runs in them first, `path` a folder with another program in it."""
        more = () if preload is None else ("--preload", str(preload))
        began = [
            self._process(
                "worker", "--scheduler-file", str(self._file), "--nthreads", "1", "--no-nanny",
                "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(self._folder), *more,
                path=path,
            )
            for _ in range(number)
        ]  # fmt: skip
        self.workers += began
        return began

    def stop(self) -> None:
        """End all of it."""
        processes = [*self.workers, self.scheduler]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()

    def ready(self, number: int) -> None:
        """Wait for as many workers."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=_START_S)

    def kill_workers(self) -> None:
        """Kill all workers, as a machine does that loses its power."""
        for worker in self.workers:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        self.workers.clear()

    @contextmanager
    def killed_when_stuck(self, worker: subprocess.Popen[bytes], heard: list[int]) -> Iterator[None]:
        """Around what lets `heard` grow and stops a worker in its tracks: once nothing more is heard, since
        all waits for what that worker has, it is killed, while all still waits."""
        on_the_way: list[bool] = []
        ended = threading.Event()

        def kill() -> None:
            before = -1
            while not ended.wait(1.0) and (not heard or len(heard) != before):
                before = len(heard)
            on_the_way.append(not ended.is_set())
            worker.send_signal(signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            yield
        finally:
            ended.set()
            killer.join()
        assert on_the_way == [True]
        assert worker.wait(10) == -signal.SIGKILL

    def _process(self, *arguments: str, path: Path | None = None) -> subprocess.Popen[bytes]:
        environment = clean_environment(
            DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED="false",
            # How long the scheduler looks for a worker that was killed with results that nobody has yet.
            DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="2s",
        )
        if path is not None:
            environment["PYTHONPATH"] = str(path)
        with (self._folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments], cwd=self._folder, env=environment,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip


def _when_written(file: Path, process: subprocess.Popen[bytes]) -> dict[str, object]:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        assert process.poll() is None, "the scheduler did not start"
        try:
            told: dict[str, object] = json.loads(file.read_text())
        except (OSError, ValueError):
            time.sleep(0.05)
        else:
            return told
    raise AssertionError("the scheduler did not start in time")
