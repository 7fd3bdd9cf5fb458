"""What a person typed to search for, as a query, by the rules that group topics and journals."""

from __future__ import annotations

from storage.search import grammar
from storage.search.query import EVERYTHING, Query


def parse(*typed: str) -> Query:
    """What was typed, as a query; of several texts (a search and chosen filters) all must match.

    Nothing typed at all means all articles. Raises `storage.search.query.SearchError` with one line.
    """
    given = [text for text in typed if text.strip()]
    return grammar.parse(*given, grouping=_grouping) if given else EVERYTHING


def _grouping(name: str) -> str:
    from pipelines.grouping import normal_topic  # the reader comes with it: only when a topic was typed

    return normal_topic(name)
