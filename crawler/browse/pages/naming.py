"""From an address here to the article or capture that it names."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request

from storage.queries import find_articles, ids_but_for_case

_LARGEST = 2**63 - 1
"""SQLite's largest integer."""


def article_name(connection: Connection, request: Request) -> tuple[str, str]:
    """(site, key) of the article that the path names. Raises 404 when the archive has none."""
    name = (request.path_params["site"], request.path_params["key"])
    if name not in find_articles(connection, name[1]):
        raise HTTPException(404, unknown(connection, name[1]))
    return name


def unknown(connection: Connection, key: str) -> str:
    """One line about an article that is not there."""
    others = ids_but_for_case(connection, key)
    told = f"The archive has no article {key!r}"
    return f"{told}; its case counts: {', '.join(others)}." if others else f"{told}."


def numbered(request: Request) -> int:
    """The number in the path. Raises 404 for one that no row can have."""
    number: int = request.path_params["number"]
    if number > _LARGEST:
        raise HTTPException(404, f"There is no number {str(number)[:40]}.")
    return number
