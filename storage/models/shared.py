"""Tables of what pages share: card lists and boilerplate."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped

from storage.models.base import (
    STRICT,
    STRICT_WITHOUT_ROWID,
    Base,
    as_integer,
    as_text,
    is_flag,
    is_partial_date,
    is_sha256,
    is_utc,
    one_of,
)


class CardList(Base):
    """A list of cards, stored once however many pages of a site show it."""

    __tablename__ = "card_list"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    site: Mapped[str] = as_text("Name of the site profile.", nullable=False)
    digest: Mapped[str] = as_text("SHA-256 (hex) of its cards.", nullable=False)
    first_seen_at: Mapped[str] = as_text("When it was first seen anywhere (UTC).", nullable=False)
    last_seen_at: Mapped[str] = as_text("When it was last seen anywhere (UTC).", nullable=False)
    __table_args__ = (
        UniqueConstraint("digest", "site"),
        is_sha256("digest"),
        CheckConstraint("first_seen_at <= last_seen_at", name="seen"),
        *is_utc("first_seen_at", "last_seen_at"),
        STRICT,
    )


class CardRow(Base):
    """A card of a list: the article it points to, and what it says of it."""

    __tablename__ = "card"
    card_list_id: Mapped[int] = as_integer("The list.", ForeignKey("card_list.id"), primary_key=True)
    position: Mapped[int] = as_integer("Order in the list, from 1.", primary_key=True)
    title: Mapped[str | None] = as_text("As printed; NULL when the capture shows none.")
    url: Mapped[str | None] = as_text("Address it points to, canonical; NULL when the capture shows none.")
    article_id: Mapped[str | None] = as_text("Article id in that address; NULL without.")
    date_raw: Mapped[str | None] = as_text("Date as printed; NULL without.")
    date_iso: Mapped[str | None] = as_text("The same as an ISO date, only as precise as printed.")
    date_precision: Mapped[str | None] = as_text("day, month or year; NULL when the date is no date.")
    teaser: Mapped[str | None] = as_text("Teaser as printed; NULL without.")
    image: Mapped[str | None] = as_text("Address of its picture; NULL without.")
    __table_args__ = (
        CheckConstraint("position >= 1", name="position"),
        is_partial_date("date"),
        Index(
            "ix_card_article",
            "article_id",
            sqlite_where=sql("article_id IS NOT NULL"),
            postgresql_where=sql("article_id IS NOT NULL"),
        ),
        STRICT_WITHOUT_ROWID,
    )


class CardListSighting(Base):
    """When a card list stood on a page."""

    __tablename__ = "card_list_sighting"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    card_list_id: Mapped[int] = as_integer("The list.", ForeignKey("card_list.id"), nullable=False)
    url_id: Mapped[int | None] = as_integer(
        "Address of the page; NULL when it is unknown.", ForeignKey("url.id")
    )
    article_key: Mapped[int | None] = as_integer(
        "Article the page shows; NULL for a listing.", ForeignKey("article.id")
    )
    first_seen_at: Mapped[str] = as_text("When it was first seen there (UTC).", nullable=False)
    last_seen_at: Mapped[str] = as_text("When it was last seen there (UTC).", nullable=False)
    first_capture_id: Mapped[int] = as_integer(
        "Capture that first showed it there.", ForeignKey("capture.id"), nullable=False
    )
    last_capture_id: Mapped[int] = as_integer(
        "Capture that last showed it there.", ForeignKey("capture.id"), nullable=False
    )
    __table_args__ = (
        CheckConstraint("url_id IS NOT NULL OR article_key IS NOT NULL", name="page"),
        CheckConstraint("first_seen_at <= last_seen_at", name="seen"),
        *is_utc("first_seen_at", "last_seen_at"),
        Index(
            "ux_card_list_sighting_url",
            "url_id",
            "card_list_id",
            unique=True,
            sqlite_where=sql("url_id IS NOT NULL"),
            postgresql_where=sql("url_id IS NOT NULL"),
        ),
        Index(
            "ux_card_list_sighting_article",
            "article_key",
            "card_list_id",
            unique=True,
            sqlite_where=sql("url_id IS NULL"),
            postgresql_where=sql("url_id IS NULL"),
        ),
        Index("ix_card_list_sighting_page", "article_key"),
        STRICT,
    )


class BoilerplatePassage(Base):
    """A passage that many articles share but for its slots, stored once."""

    __tablename__ = "boilerplate_passage"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    source: Mapped[str] = as_text(
        "How it was found: profile (by the site profile's anchors) or counted (over the archive).",
        nullable=False,
    )
    template: Mapped[str] = as_text(
        "As printed, with each slot's value replaced by {its name}.", nullable=False, unique=True
    )
    heading: Mapped[str | None] = as_text(
        "Heading it stands under; NULL when there is none, or no capture shows it."
    )
    first_seen_at: Mapped[str] = as_text("When it was first seen (UTC).", nullable=False)
    __table_args__ = (
        one_of("source", "profile", "counted"),
        CheckConstraint("template <> ''", name="template"),
        *is_utc("first_seen_at"),
        STRICT,
    )


class RevisionBoilerplate(Base):
    """A boilerplate passage on a revision's pages, with its slots' values there, and where it stood."""

    __tablename__ = "revision_boilerplate"
    revision_id: Mapped[int] = as_integer("The revision.", ForeignKey("revision.id"), primary_key=True)
    position: Mapped[int] = as_integer("Order among the revision's boilerplate, from 1.", primary_key=True)
    boilerplate_id: Mapped[int] = as_integer(
        "The passage.", ForeignKey("boilerplate_passage.id"), nullable=False
    )
    slots: Mapped[str] = as_text("Value of each slot as printed, as a JSON object.", nullable=False)
    section_position: Mapped[int | None] = as_integer(
        "Section it stood in; NULL when it stood after all of them."
    )
    paragraph_position: Mapped[int | None] = as_integer("Where in that section it stood; NULL with it.")
    list_item: Mapped[int] = as_integer("1 when it was an item of a list, else 0.", nullable=False)
    __table_args__ = (
        CheckConstraint("(section_position IS NULL) = (paragraph_position IS NULL)", name="place"),
        is_flag("list_item"),
        STRICT_WITHOUT_ROWID,
    )
