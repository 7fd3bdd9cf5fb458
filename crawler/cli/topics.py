"""`msarchive topics`: the topics, their spellings grouped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cli.groups import group_command

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.spellings import Group


def _topics(connection: Connection) -> tuple[Group, ...]:
    from storage.spellings import topics

    return topics(connection)


command = group_command("topics", "have it now", _topics, "fatigue")
