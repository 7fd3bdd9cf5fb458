"""The workers of a command: this machine's processes, or those of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crawler.pool import Pool
from crawler.reading_workers import Workers

WAIT_S = 60.0
"""A Dask cluster that has had no worker for so many seconds is given up."""


@contextmanager
def begun(
    number: int | None, many: Callable[[], int], *, dask: str | None, dask_wait: float
) -> Iterator[Pool]:
    """Workers, ready for about `many()` pages: the cluster's whose scheduler is at `dask`, else `number`
    processes (None: one for each core).

    To be called before anything is open that processes must not share. Raises `UserError` when there is no
    such cluster, or it can't be used.
    """
    if dask is not None:
        from crawler.dask_pool import DaskPool  # a second's worth of imports

        with DaskPool(dask, dask_wait) as cluster:
            yield cluster
        return
    with Workers(number) as workers:
        if workers.number > 1 and many() > workers.few:
            workers.start()
        yield workers
