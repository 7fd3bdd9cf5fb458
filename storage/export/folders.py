"""A folder of tables: a Frictionless data package (specs.frictionlessdata.io/data-package) with checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from storage.export.formats import Format
from storage.export.tables import Table
from storage.schema.table_schema import table_schema

PACKAGE = "datapackage.json"
CHECKSUMS = "SHA256SUMS"
ABOUT = "msarchive"
"""Key in the data package of what it stands for."""

_DESCRIBED: dict[str, dict[str, Any]] = {
    "csv": {
        "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
    },
    "parquet": {"format": "parquet", "mediatype": "application/vnd.apache.parquet"},
}  # fmt: skip
"""What a data package says of each file."""

Write = Callable[[Table, Path], int]
"""Writes a table's rows to a new file; how many there were."""


def is_export(folder: Path) -> bool:
    """Whether a folder holds an export of this program, and so may be replaced by another."""
    return about(folder) is not None


def about(folder: Path) -> dict[str, Any] | None:
    """What an export of this program says that it stands for; None when the folder is none."""
    try:
        found = json.loads((folder / PACKAGE).read_bytes()).get(ABOUT)
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, dict) else None


def fill(
    folder: Path,
    tables: Sequence[Table],
    form: Format,
    write: Write,
    stands_for: dict[str, Any],
) -> dict[str, int]:
    """Write all tables as files of a format, the data package and the checksums; rows by table."""
    resources, digests, rows = [], {}, {}
    columns = {table.view: (table.name, table.columns) for table in tables}
    for table in tables:
        path = folder / f"{table.name}.{form.ending}"
        rows[table.name] = write(table, path)
        digests[path.name] = sha256(path)
        others = {view: named for view, named in columns.items() if view != table.view}
        resources.append(
            {
                "name": table.name,
                "path": path.name,
                "description": table.doc,
                **_DESCRIBED[form.name],
                "bytes": path.stat().st_size,
                "hash": f"sha256:{digests[path.name]}",
                "schema": table_schema(table.columns, table.key, tables=others),
            }
        )
    package = {
        "profile": "data-package",
        "name": f"msarchive-{form.name}",
        "title": f"{', '.join(stands_for['sites'])}: records of an archive",
        "description": "Columns are described in each resource's schema, what it stands for under msarchive.",
        "resources": resources,
        ABOUT: {**stands_for, "rows": rows},
    }
    (folder / PACKAGE).write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", "utf-8")
    digests[PACKAGE] = sha256(folder / PACKAGE)
    (folder / CHECKSUMS).write_text(checksum_lines(digests.items()), "utf-8")
    return rows


def sha256(path: Path) -> str:
    """The SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_lines(digests: Iterable[tuple[str, str]]) -> str:
    """Lines as `sha256sum --check` takes them, of (file name, digest)."""
    return "".join(f"{digest}  {name}\n" for name, digest in digests)
