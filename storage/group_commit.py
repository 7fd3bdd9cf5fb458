"""Group commit: several pages, each all or nothing, in one transaction, so that they wait for the disk once.

A page is a transaction of its own, or a savepoint within one that was begun for a page before it. It is done
when the transaction is committed: what a kill or a full disk takes back are whole pages, and all of those
after the last commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from storage.db import Db
from storage.errors import RolledBack

GROUP_PAGES = 8
"""How many pages are committed together at most. A kill costs as many answers, which have to be asked for
again; what is saved by each further page becomes less and less."""


class Around(NamedTuple):
    """What a writer does around its transactions. It hands this over each time: kept here it would keep the
    writer alive, and the thread that syncs its files."""

    begun: Callable[[], None]
    """Called in a new transaction."""
    before_commit: Callable[[], None]
    """Called at the end of one."""
    forget: Callable[[], None]
    """Called whenever what was written may have been taken back."""


class GroupCommit:
    """The transactions of one writer. For one thread."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._pages = 0

    @property
    def is_open(self) -> bool:
        """Whether pages wait for `commit`. Not after it, whatever came of it."""
        return self._pages > 0

    @property
    def is_full(self) -> bool:
        """Whether the next page is the last that fits."""
        return self._pages + 1 >= GROUP_PAGES

    @contextmanager
    def page(self, around: Around, *, waits: bool) -> Iterator[None]:
        """A page's writes. Whatever is raised, none of them is kept.

        Those before it that wait are kept, unless the database has taken back the whole transaction, which it
        may do when the disk fails. All are committed at the end, unless the page `waits` for others.
        """
        try:
            if self._pages:
                with self._db.savepoint():
                    yield
            else:
                self._db.begin()
                around.begun()
                yield
        except BaseException:
            if self._pages and self._db.in_transaction:
                around.forget()
            else:
                self._take_back(around)
            raise
        self._pages += 1
        if not waits:
            self.commit(around)

    def commit(self, around: Around) -> None:
        """Bring to disk what waits; nothing when nothing does.

        Raises what keeps the archive from being written: then none of those pages is in it.
        """
        if not self._pages:
            return
        self._pages = 0
        try:
            if not self._db.in_transaction:
                raise RolledBack("the database took a transaction back in which pages were waiting")
            around.before_commit()
            self._db.commit()
        except BaseException:
            self._take_back(around)
            raise

    def _take_back(self, around: Around) -> None:
        self._pages = 0
        around.forget()
        self._db.rollback()
