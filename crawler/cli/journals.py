"""`msarchive journals`: the journals, their spellings grouped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cli.groups import group_command

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.spellings import Group


def _journals(connection: Connection) -> tuple[Group, ...]:
    from storage.spellings import journals

    return journals(connection)


command = group_command("journals", "name it now", _journals, "neurology")
