"""Tables of what articles are about and which say nearly the same. Derived from current revisions when a run
ends; whatever is missing or outdated is made again then."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped

from storage.models.base import STRICT, STRICT_WITHOUT_ROWID, Base, as_integer, as_text, is_flag


class ArticleProfile(Base):
    """Of which content of an article the rows of the three tables below were made.

    It names no article by a foreign key: what is left of one that has gone from the archive (it was joined to
    another) stays until the next run ends, since others' near-duplicates depend on it.
    """

    __tablename__ = "article_profile"
    article_key: Mapped[int] = as_integer(
        "The article; it may have gone since.", primary_key=True, autoincrement=False
    )
    content_digest: Mapped[str] = as_text(
        "content_digest of the revision they were made of; empty when its text was written anew since.",
        nullable=False,
    )
    method: Mapped[int] = as_integer("Version of the way in which they were made.", nullable=False)
    __table_args__ = (STRICT,)


class ArticleTerm(Base):
    """A word or topic that says what an article is about."""

    __tablename__ = "article_term"
    article_key: Mapped[int] = as_integer(
        "The article.", ForeignKey("article_profile.article_key"), primary_key=True
    )
    is_topic: Mapped[int] = as_integer("1 for a topic, 0 for a word.", primary_key=True)
    term: Mapped[str] = as_text(
        "A topic's grouping form, or a word in lower case, without accents, in the singular.",
        primary_key=True,
    )
    weight: Mapped[int] = as_integer(
        "What it counts there: 3 for a topic or a word of the title, 2 for one of the takeaway, 1 for one "
        "that the text says more than once.",
        nullable=False,
    )
    __table_args__ = (
        is_flag("is_topic"),
        CheckConstraint("term <> ''", name="term"),
        CheckConstraint("weight BETWEEN 1 AND 3", name="weight"),
        Index("ix_article_term_term", "term", "is_topic"),
        STRICT_WITHOUT_ROWID,
    )


class ArticleBand(Base):
    """A number that texts which are nearly the same share with near certainty (a band of MinHash values)."""

    __tablename__ = "article_band"
    article_key: Mapped[int] = as_integer(
        "The article.", ForeignKey("article_profile.article_key"), primary_key=True
    )
    band: Mapped[int] = as_integer("Which of its bands, from 0.", primary_key=True)
    value: Mapped[int] = as_integer("The number.", nullable=False)
    __table_args__ = (
        CheckConstraint("band >= 0", name="band"),
        Index("ix_article_band_value", "value"),
        STRICT_WITHOUT_ROWID,
    )


class NearDuplicate(Base):
    """Two articles whose texts are nearly the same."""

    __tablename__ = "near_duplicate"
    article_key: Mapped[int] = as_integer(
        "One of them.", ForeignKey("article_profile.article_key"), primary_key=True
    )
    other_key: Mapped[int] = as_integer(
        "The other, with the greater number.", ForeignKey("article_profile.article_key"), primary_key=True
    )
    shared: Mapped[int] = as_integer("How many runs of three words both texts have.", nullable=False)
    either: Mapped[int] = as_integer("How many runs of three words either has.", nullable=False)
    __table_args__ = (
        CheckConstraint("article_key < other_key", name="order"),
        CheckConstraint("shared > 0 AND shared <= either", name="shared"),
        Index("ix_near_duplicate_other", "other_key"),
        STRICT_WITHOUT_ROWID,
    )
