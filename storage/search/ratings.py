"""How the articles that match a query divide by their ratings."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, text

from storage.dialects import is_postgresql
from storage.search.facets import Facet
from storage.search.query import Query
from storage.search.selection import selected

Rating = Literal["credibility", "interest"]


def rating_facets(connection: Connection, query: Query, rating: Rating) -> tuple[Facet, ...]:
    """Each value of the rating that occurs, the best first, as `4 of 5`; at most ten."""
    asked = selected(query, in_postgresql=is_postgresql(connection))
    rows = connection.execute(
        text(
            f"SELECT r.{rating}, max(r.{rating}_scale), count(*) FROM revision r WHERE r.is_current = 1 "
            f"AND r.{rating} IS NOT NULL AND r.article_key IN ({asked.sql}) "
            f"GROUP BY r.{rating} ORDER BY 1 DESC LIMIT 10"
        ),
        asked.parameters,
    )
    return tuple(
        Facet(f"{rating}:{value:g}", f"{value:g} of {scale:g}", articles) for value, scale, articles in rows
    )
