"""A whole page's text put together again: the article's own words with the boilerplate back in its places."""

from __future__ import annotations

from sqlalchemy import Connection

from storage.content import Content, restored
from storage.db import Db
from storage.names import Names
from storage.revisions import Revisions


def full_text(connection: Connection, revision_id: int) -> str:
    """The text of a revision as its page shows it, a paragraph a line: title, takeaway, sections with their
    headings, topics, boilerplate with its slots filled in, unplaced text.

    `revision_id` is the internal number. Raises `KeyError` when there is none of that number.
    """
    db = Db(connection)
    return "\n".join(_lines(Revisions(db, Names(db)).load(revision_id)))


def _lines(content: Content) -> list[str]:
    content = restored(content)
    lines = [line for line in (content.title, content.takeaway) if line is not None]
    for part in content.own_parts:
        if part.heading is not None:
            lines.append(part.heading)
        lines.extend(paragraph.text for paragraph in part.paragraphs)
    lines.extend(topic.text for topic in content.topics or ())
    heading = None
    for link in content.links:
        if link.heading is not None and link.heading != heading:
            lines.append(link.heading)
            heading = link.heading
        lines.append(link.text)
    if content.unplaced is not None:
        lines.extend(paragraph.text for paragraph in content.unplaced.paragraphs)
    return lines
