"""systemd's units for a crawl: a service that is allowed little, and its timer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from crawler.schedule.database import PrintedDatabase

_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))

_PASSWORD = """\
# A password of the database, if it wants one, does not belong here but into a file that only this user may
# read (https://www.postgresql.org/docs/current/libpq-pgpass.html); homes are out of its sight.
#Environment=PGPASSFILE=/etc/msarchive.pgpass
"""
_ROOT = "The archive belongs to root: give it to a user of its own, a crawl needs no rights."


@dataclass(frozen=True, slots=True)
class Unit:
    """What the units are about; paths absolute."""

    command: tuple[str, ...]
    archive: Path
    site: str
    user: str
    group: str
    read: tuple[Path, ...]
    write: tuple[Path, ...]
    """Folders, besides the archive."""
    database: PrintedDatabase | None = None
    """What is in the place of the archive's file."""


def service(unit: Unit) -> str:
    """The text of `msarchive.service`."""
    python = (Path(unit.command[0]), Path(sys.executable).resolve(), Path(sys.base_prefix))
    socket = () if unit.database is None or unit.database.socket is None else (unit.database.socket,)
    touched = (*python, unit.archive, *unit.read, *unit.write, *socket)
    local = " postgresql.service" if unit.database is not None and unit.database.on_this_machine else ""
    secret = _PASSWORD if unit.database is not None else ""
    home = "read-only" if any(_within(path, _HOMES) for path in touched) else "yes"
    private_tmp = "no" if any(_within(path, _TEMPORARY) for path in touched) else "yes"
    writable = " ".join(_quoted(str(path)) for path in dict.fromkeys((unit.archive, *unit.write)))
    return f"""\
[Unit]
Description=Crawl {_literal(unit.site)} into {_literal(str(unit.archive))}
Wants=network-online.target
After=network-online.target{local}

[Service]
Type=oneshot
# {_ROOT if unit.user == "root" else "Whom the archive belongs to."}
User={unit.user}
Group={unit.group}
WorkingDirectory={_literal(str(unit.archive))}
{secret}ExecStart={" ".join(_quoted(word) for word in unit.command)}
# 3: some addresses failed, the next crawl tries them again. 4: another run was at work. 5: stopped.
# 6: the limit that was set. Everything else is a failure that somebody should look at.
SuccessExitStatus=3 4 5 6
# To be told of it: a unit of your own that sends a message.
#OnFailure=
KillMode=mixed
TimeoutStopSec=90
Nice=10
IOSchedulingClass=idle
MemoryMax=2G
TasksMax=128
UMask=0027

# It may read the system, write to its archive, and speak to the network.
ProtectSystem=strict
ReadWritePaths={writable}
ProtectHome={home}
PrivateTmp={private_tmp}
PrivateDevices=yes
PrivateMounts=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# Not MemoryDenyWriteExecute: the TLS library makes callbacks at run time.
"""


def timer(unit: Unit, times: Sequence[str], jitter: timedelta) -> str:
    """The text of `msarchive.timer`."""
    calendar = "\n".join(f"OnCalendar={time}" for time in times)
    return f"""\
[Unit]
Description=When {_literal(unit.site)} is crawled

[Timer]
{calendar}
# What was missed while the machine was off is made up for once, when it is on again.
Persistent=true
RandomizedDelaySec={int(jitter.total_seconds())}
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def _within(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _literal(text: str) -> str:
    """Text in which systemd is to see no specifier (systemd.unit(5), "Specifiers")."""
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of a command line (systemd.service(5), "Command lines"), or a path in a list of them."""
    escaped = _literal(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'
