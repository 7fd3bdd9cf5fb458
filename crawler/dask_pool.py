"""The workers of a Dask cluster, as the processes on this machine's cores are."""

from __future__ import annotations

import itertools
import logging
import pickle
import re
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self

from crawler.capture_reading import read_kept
from crawler.dask_tasks import called, refuse_other, versions
from crawler.exits import ExitCode, UserError
from crawler.pool import Pending, Result, Source
from crawler.reading_again import Again, Wanted

if TYPE_CHECKING:
    from distributed import Client, Future

_ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:\d+")
_CONNECT_S = 10.0
"""How long a scheduler that does not answer is tried."""
_LOOK_EVERY_S = 1.0
_LEAST_AHEAD = 4
_SETTINGS = {
    # Else a call to a scheduler that has ended hangs for half a minute and more.
    "distributed.comm.timeouts.connect": "5s",
    "distributed.comm.retry.count": 0,
    # Tasks carry what is to be read: several megabytes are meant.
    "distributed.admin.large-graph-warning-threshold": "64MB",
}


class DaskPool:
    """A `Pool` of the workers that a scheduler has; a context manager.

    What a task works on travels with it, so that no worker needs the archive's folder. A worker that dies is
    no matter: the scheduler gives its tasks to another. Workers may come and go; when there has been none for
    `wait_s` seconds, it is given up.
    """

    few = 0

    def __init__(self, address: str, wait_s: float) -> None:
        """Connect to the scheduler at `address` (`tcp://HOST:PORT` or `tls://HOST:PORT`), wait for a first
        worker, and see that all of them have the same program.

        Raises `UserError`: without Dask, for an address that is none, a scheduler that does not answer,
        workers of other versions, and when no worker comes.
        """
        self._address = address
        self._wait_s = wait_s
        self._versions = versions()
        self._numbers = itertools.count(1)
        self._again: tuple[int, Again] | None = None
        self._threads = 0
        self._looked_at = self._seen_at = monotonic()
        self._client = self._connected()
        try:
            while not self._look():
                sleep(_LOOK_EVERY_S / 4)
            self._check_versions()
        except BaseException:
            self.close()
            raise

    @property
    def ahead(self) -> int:
        """Three tasks for each thread that the cluster has by now."""
        if monotonic() - self._looked_at > 5 * _LOOK_EVERY_S:
            self._look()
        return max(_LEAST_AHEAD, 3 * self._threads)

    def read(self, source: Source, captures: Sequence[Wanted]) -> Pending[list[bytes]]:
        """Have some worker read these captures, whose records are sent to it."""
        directory, profile, database, number = source
        if self._again is None or self._again[0] != number:
            self._forget_archive()
            self._again = number, Again(directory, profile, database)
        again = self._again[1]
        return self.run(read_kept, again.profile, list(again.kept(captures)))

    def run(self, function: Callable[..., Result], *arguments: object) -> Pending[Result]:
        """Have some worker call a function."""
        call = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        key = f"msarchive-{self._client.id}-{next(self._numbers)}"
        return _Task(self, self._client.submit(called, self._versions, call, key=key, pure=False))

    def finish(self, future: Future[bytes]) -> bytes:
        """Wait for a task, and have what `called` gave. Raises `UserError` when it can't be done."""
        patience = _LOOK_EVERY_S
        try:
            while True:
                try:
                    return future.result(patience)
                except TimeoutError:
                    if (
                        future.done()
                    ):  # the result is on its way; or its worker died with it, and it is made anew
                        patience = min(2 * patience, max(patience, self._wait_s))
                    self._look()
        except Exception as error:
            raise self._told(error) from error

    def close(self) -> None:
        """Let go of the cluster, and of what it has not done yet."""
        self._forget_archive()
        self._client.close(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connected(self) -> Client:
        if not _ADDRESS.fullmatch(self._address):
            raise UserError(
                f"--dask: no address of a Dask scheduler: {self._address!r} (like tcp://127.0.0.1:8786)",
                ExitCode.USAGE,
            )
        distributed = _distributed()
        try:
            client: Client = distributed.Client(
                self._address, timeout=min(self._wait_s, _CONNECT_S), set_as_default=False, name="msarchive"
            )
        except Exception as error:
            raise UserError(
                f"no Dask scheduler answers at {self._address} ({_first_line(error)})", ExitCode.USAGE
            ) from None
        return client

    def _look(self) -> int:
        """How many threads the workers have now. Raises `UserError` when there were none for too long."""
        self._looked_at = monotonic()
        try:
            self._threads = sum(self._client.nthreads().values())
        except (OSError, TimeoutError):  # the scheduler is gone, perhaps for a moment
            self._threads = 0
        if self._threads:
            self._seen_at = monotonic()
        elif monotonic() - self._seen_at > self._wait_s:
            raise UserError(
                f"the Dask cluster at {self._address} has had no worker for {self._wait_s:g} s; "
                "start some and run this again (--dask-wait waits longer)",
                ExitCode.NO_CONNECTION,
            )
        return self._threads

    def _check_versions(self) -> None:
        try:
            told = self._client.run(versions, on_error="return")
        except Exception as error:
            raise self._told(error) from error
        for where, theirs in sorted(told.items()):
            if isinstance(theirs, dict):
                refuse_other(where, theirs, self._versions)
            elif not isinstance(theirs, OSError):  # that one has gone
                raise self._told(theirs)

    def _told(self, error: Exception) -> UserError:
        """What the cluster failed with, in a line. What our functions raise does not come this way."""
        if isinstance(error, UserError):
            return error
        if type(error).__name__ == "KilledWorker":
            return UserError(
                f"the Dask cluster at {self._address} gave a task up: one worker after another died of it "
                "(its memory, most likely; the workers' own logs say more)"
            )
        lost = isinstance(error, CancelledError | OSError)
        if lost or type(error).__module__.startswith("distributed."):
            return UserError(
                f"the Dask scheduler at {self._address} has lost its tasks (it ended, or began anew): "
                "run this again",
                ExitCode.NO_CONNECTION,
            )
        return UserError(
            f"a worker of the Dask cluster at {self._address} can't load this program "
            f"({_first_line(error)}): install msarchive {self._versions['msarchive']} there",
            ExitCode.USAGE,
        )

    def _forget_archive(self) -> None:
        if self._again is not None:
            self._again[1].close()
            self._again = None


class _Task(Generic[Result]):
    def __init__(self, pool: DaskPool, future: Future[bytes]) -> None:
        self._pool = pool
        self._future = future

    def result(self) -> Result:
        done, came = pickle.loads(self._pool.finish(self._future))
        self._future.release()
        if not done:
            raise came
        result: Result = came
        return result


def _distributed() -> Any:
    """The library, silent: what it has to say we say ourselves."""
    try:
        import dask.config
        import distributed
    except ImportError:
        raise UserError("--dask needs Dask: pip install 'msarchive[dask]'", ExitCode.USAGE) from None
    dask.config.set(_SETTINGS)
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] == "distributed":
            logger = logging.getLogger(name)
            logger.handlers.clear()  # its own go to standard error, in a form of their own
            logger.propagate = True
            logger.setLevel(logging.CRITICAL)
    return distributed


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
