"""A real PostgreSQL server for the tests, of the system's own programs, and archives copied into it.

Debian's package `postgresql` has the programs. Without them, or without the driver, tests that ask for the
server are skipped; in continuous integration (MSARCHIVE_REQUIRE_TOOLS=1) they fail.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from storage.archive import open_archive
from tests.tools.programs import missing

_SETTINGS = (
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
    "jit=off", "shared_buffers=16MB", "max_connections=100",
)  # fmt: skip
_LANGUAGE = ("--template=template0", "--locale-provider=icu", "--icu-locale=en")
"""Databases sort as English readers do: no answer of ours may depend on it."""


class Server:
    """A server on a socket of its own, until `stop`."""

    def __init__(self) -> None:
        self._programs = _programs()
        self._numbers = count(1)
        self._copies: dict[Path, str] = {}
        self._empty: str | None = None
        # Not pytest's folder: a socket's path has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="msarchive-pg-"))
        self._user: dict[str, object] = {}
        if os.geteuid() == 0:  # as which the server refuses to run
            account = pwd.getpwnam("postgres")
            self._user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        data = self.folder / "data"
        self._run(
            "initdb", "-D", data, "-U", "msarchive", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"
        )
        self.is_up = False
        self.up()

    def up(self) -> None:
        """Start it, unless it runs."""
        if not self.is_up:
            settings = " ".join(f"-c {one}" for one in (*_SETTINGS, f"unix_socket_directories={self.folder}"))
            data, log = self.folder / "data", self.folder / "log"
            self._run("pg_ctl", "-D", data, "-l", log, "-o", settings, "-w", "start")
            self.is_up = True

    def down(self) -> None:
        """End it at once, as a machine that goes down does for those who are connected."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        self.is_up = False

    def stop(self) -> None:
        """End it, and leave nothing."""
        self.down()
        shutil.rmtree(self.folder)

    def new(self) -> str:
        """The address of a new, empty database."""
        name = f"archive{next(self._numbers)}"
        self._run("createdb", "-h", self.folder, "-U", "msarchive", *_LANGUAGE, name)
        return self.address(name)

    def new_archive(self) -> str:
        """The address of a new database with an empty archive: a copy of one that was made once, which takes
        a twentieth of the time."""
        if self._empty is None:
            self._empty = self.new()
            with tempfile.TemporaryDirectory() as folder:
                open_archive(Path(folder), create=True, database=self._empty).close()
        return self.new_like(self._empty)

    def new_like(self, url: str) -> str:
        """The address of a new database that holds what another one holds, to which nobody is connected."""
        name = f"archive{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {name_in(url)} STRATEGY file_copy")
        return self.address(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._execute(f"DROP DATABASE {name_in(url)} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def address(self, name: str, user: str = "msarchive") -> str:
        """The address of a database on it."""
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def copy_of(self, directory: Path) -> str:
        """The address of a database that holds a folder's archive, as it is when it is first asked for."""
        from storage.postgresql.connecting import address
        from storage.postgresql.copied import copy_into

        if directory not in self._copies:
            url = self.new()
            with open_archive(directory, read_only=True) as archive, archive.engine.connect() as connection:
                copy_into(address(url), connection, lambda doing, what: None)
            self._copies[directory] = url
        return self._copies[directory]

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        # Into a file: a pipe would stay open as long as the server that pg_ctl starts.
        with tempfile.TemporaryFile("w+") as said:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd="/",
                check=False,
                **self._user,
            )  # type: ignore[call-overload]
            said.seek(0)
            assert ended.returncode == 0, f"{program}: {said.read()}"


def name_in(url: str) -> str:
    """The name of the database in an address that `Server` gave."""
    return url.partition("@/")[2].partition("?")[0]


def _programs() -> Path:
    """The folder of the newest server that the system has."""
    if find_spec("psycopg") is None:
        missing("the extra 'postgresql' is not installed")
    # Debian keeps them out of the way, a folder for each version.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    found = folders[-1] / "pg_ctl" if folders else shutil.which("pg_ctl")
    if found is None:
        missing("PostgreSQL is not installed")
    return Path(str(found)).parent
