"""The ZIP file of a package: the same content gives the same bytes, and it is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from storage.whole import WholeFile

_PIECE = 1 << 20


class Package:
    """Writes a package beside its place and puts it there at the end; a context manager.

    `at` (UTC text) is the time that all members bear. Raises `TargetExists` unless `replace`, `OSError` when
    it can't be written; nothing is left of it then.
    """

    def __init__(self, path: Path, at: str, *, replace: bool = False) -> None:
        self._whole = WholeFile(path, replace=replace)
        self._date = (
            int(at[:4]),
            int(at[5:7]),
            int(at[8:10]),
            int(at[11:13]),
            int(at[14:16]),
            int(at[17:19]),
        )
        self._zip: zipfile.ZipFile
        self._resources: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        with ExitStack() as left:
            self._zip = zipfile.ZipFile(left.enter_context(self._whole).file, "w")
            left.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After a failure the ZIP file is only given up: its directory need not be written, now or ever.
        self._zip.fp = None
        self._whole.__exit__(kind, error, trace)

    def add(
        self,
        name: str,
        pieces: Iterable[bytes],
        *,
        size: int | None = None,
        stored: bool = False,
        described: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a member of `size` bytes; None where that is not known before. `stored` for what is compressed
        already. `described` is what the data package says of it besides name, size and digest."""
        if size is None:
            with TemporaryFile(dir=self._whole.path.parent) as whole:
                whole.writelines(pieces)
                size = whole.tell()
                whole.seek(0)
                self._add(name, iter(partial(whole.read, _PIECE), b""), size, stored, described or {})
        else:
            self._add(name, pieces, size, stored, described or {})

    def _add(
        self, name: str, pieces: Iterable[bytes], size: int, stored: bool, described: Mapping[str, Any]
    ) -> None:
        sha256 = hashlib.sha256()
        # ReplayWeb.page finds a member's data by the directory's entry alone, unless that has an extra field:
        # so the local header must have one (ZIP64's) just when the directory has.
        with self._zip.open(self._info(name, stored), "w", force_zip64=size > zipfile.ZIP64_LIMIT) as member:
            for piece in pieces:
                member.write(piece)
                sha256.update(piece)
        self._resources.append(
            {
                "name": name.rpartition("/")[2].lower(),
                "path": name,
                "hash": f"sha256:{sha256.hexdigest()}",
                "bytes": size,
                **described,
            }
        )

    def finish(self, described: Mapping[str, Any]) -> None:
        """Add the data package with all members and what `described` says, and put the file in its place."""
        package = {"profile": "data-package", "resources": self._resources, **described}
        data = (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        self._zip.writestr(self._info("datapackage.json", False), data)
        self._zip.writestr(
            self._info("datapackage-digest.json", False), (json.dumps(digest, indent=2) + "\n").encode()
        )
        self._zip.close()
        self._whole.finish()

    def _info(self, name: str, stored: bool) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, max(self._date, (1980, 1, 1, 0, 0, 0)))
        info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        info.create_system = 3
        return info
