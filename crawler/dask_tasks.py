"""What runs on the workers of a Dask cluster: our own functions, where the program is the same one."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Mapping

from lxml import etree

import crawler
from crawler.exits import ExitCode, UserError
from spiders.reading import model
from storage.readings import NewReading
from storage.record_json import shape

_one_at_a_time = threading.Lock()
"""The reader remembers between pages, and knows no threads; a worker may have several."""


def versions() -> dict[str, str]:
    """Of everything that the same capture's reading could depend on, here."""
    return {
        "msarchive": crawler.__version__,
        "reader": model.READER_VERSION,
        "form of readings": shape(NewReading)[:12],
        "Python": ".".join(map(str, sys.version_info[:2])),
        "lxml": etree.__version__,
        "libxml2": ".".join(map(str, etree.LIBXML_VERSION)),
    }


def refuse_other(where: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
    """Raise `UserError` when a worker's versions are not this program's."""
    for name, version in ours.items():
        if theirs.get(name) != version:
            raise UserError(
                f"the Dask worker {where} has {name} {theirs.get(name)}, this program has {name} {version}: "
                "install the same on both",
                ExitCode.USAGE,
            )


def called(ours: Mapping[str, str], call: bytes) -> bytes:
    """Call a function, both it and its arguments pickled: `(True, what comes back)` or `(False, exception)`,
    pickled. `ours` are the asking program's versions: `UserError` when they are not the ones here."""
    from distributed import get_worker

    try:
        refuse_other(get_worker().address, versions(), ours)
        with _one_at_a_time:
            function, arguments = pickle.loads(call)
            return pickle.dumps((True, function(*arguments)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return _as_failed(error)


def _as_failed(error: Exception) -> bytes:
    try:
        data = pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
        pickle.loads(data)
    except Exception:  # there are exceptions that go into a pickle and don't come out
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return data
