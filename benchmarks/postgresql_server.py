"""A PostgreSQL server of our own with the settings that it comes with: what is committed is on the disk."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from benchmarks.measure import BrokenRun, NotMeasurable

_USER = "msarchive"
_PATIENCE_S = 60.0
_SOCKET_BYTES = 100
"""A socket's path may have few more; the name of ours comes behind the folder's."""


class PostgreSQL:
    """A running server; only whoever may enter its folder reaches it."""

    def __init__(self, folder: Path, programs: Path, account: dict[str, Any]) -> None:
        self._folder, self._programs, self._account = folder, programs, account
        self._databases = 0

    def new(self) -> str:
        """The address of a new, empty database. Raises `BrokenRun` when it can't be made."""
        self._databases += 1
        name = f"archive{self._databases}"
        self.run("createdb", "-h", str(self._folder), "-U", _USER, "--template=template0", name)
        return f"postgresql://{_USER}@/{name}?host={self._folder}"

    def drop(self, url: str) -> None:
        """Remove a database that `new` made."""
        name = url.partition("@/")[2].partition("?")[0]
        self.run("dropdb", "-h", str(self._folder), "-U", _USER, "--force", name)

    def run(self, program: str, *arguments: str) -> str:
        """What one of its programs prints. Raises `BrokenRun` when it fails."""
        command = [str(self._programs / program), *arguments]
        ended = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            **self._account,
        )  # fmt: skip
        if ended.returncode != 0:
            said = ended.stderr.strip().splitlines()
            raise BrokenRun(f"{program} exited {ended.returncode}: {said[-1] if said else 'no word'}")
        return str(ended.stdout).strip()


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A server in a folder for temporary files, for as long as the context lasts.

    Raises `NotMeasurable` where its programs or the driver are missing, `BrokenRun` when it does not start.
    """
    programs = server_programs()
    account: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="msarchive-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if len(os.fsencode(folder)) + len("/.s.PGSQL.5432") > _SOCKET_BYTES:
            raise NotMeasurable(f"a socket's path in {folder} would be too long: choose a shorter TMPDIR")
        if os.geteuid() == 0:  # as which it refuses to run
            them = pwd.getpwnam("postgres")
            account = {"user": them.pw_uid, "group": them.pw_gid, "extra_groups": []}
            os.chown(folder, them.pw_uid, them.pw_gid)
            folder.parent.chmod(folder.parent.stat().st_mode | 0o011)  # a way through, and no sight of it
        server = PostgreSQL(folder, programs, account)
        data = str(folder / "data")
        server.run("initdb", "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale")
        settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(programs / "postgres"), "-D", data, *settings],
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **account,
            )  # fmt: skip
        try:
            _wait_until_there(process, folder)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # without waiting for those who are connected
            process.wait()


def _wait_until_there(process: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    until = monotonic() + _PATIENCE_S
    while monotonic() < until and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://{_USER}@/postgres?host={folder}").close()
        except psycopg.OperationalError:
            sleep(0.05)  # it has no other way to say that it listens
        else:
            return
    said = (folder / "log").read_text("utf-8", "replace").strip().splitlines()
    raise BrokenRun(f"PostgreSQL does not start: {said[-1] if said else 'no word'}")


def server_programs() -> Path:
    """The folder of the newest server that the system has. Raises `NotMeasurable` when there is none, or no
    driver."""
    if find_spec("psycopg") is None:
        raise NotMeasurable("the extra 'postgresql' is not installed")
    # Debian keeps them out of the way, a folder for each version.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    found = folders[-1] / "postgres" if folders else shutil.which("postgres")
    if found is None or not Path(found).is_file():
        raise NotMeasurable("PostgreSQL is not installed (Debian's package postgresql)")
    return Path(found).parent
