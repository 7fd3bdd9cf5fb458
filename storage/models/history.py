"""Tables of what happened: to articles on the site, and to our readings of them. The two never mix."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, column
from sqlalchemy.orm import Mapped

from storage.models.base import STRICT, STRICT_WITHOUT_ROWID, Base, as_integer, as_text, is_utc, one_of

EVENTS = ("gone", "back", "moved")


class ArticleEvent(Base):
    """What the site did to an article as a whole: took it away, moved it, brought it back."""

    __tablename__ = "article_event"
    article_key: Mapped[int] = as_integer("The article.", ForeignKey("article.id"), primary_key=True)
    at: Mapped[str] = as_text("When the capture that shows it was made (UTC).", primary_key=True)
    event: Mapped[str] = as_text(
        "gone (its addresses answer 404 or 410), back (shown again after that) or moved (shown at another "
        "address).",
        primary_key=True,
    )
    capture_id: Mapped[int] = as_integer(
        "The capture that shows it.", ForeignKey("capture.id"), nullable=False
    )
    status: Mapped[int | None] = as_integer("HTTP status of that capture; NULL for a file.")
    from_url: Mapped[str | None] = as_text("For moved: its address before; else NULL.")
    to_url: Mapped[str | None] = as_text("For moved: its address since; for gone and back the address asked.")
    __table_args__ = (
        one_of("event", *EVENTS),
        CheckConstraint("event <> 'moved' OR (from_url IS NOT NULL AND to_url IS NOT NULL)", name="moved"),
        *is_utc("at"),
        Index("ix_article_event_at", "at"),
        STRICT_WITHOUT_ROWID,
    )


class Correction(Base):
    """A value that a better reader read otherwise from a capture we had. No change of the site's."""

    __tablename__ = "correction"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    run_id: Mapped[int] = as_integer("The run that read again.", ForeignKey("run.id"), nullable=False)
    capture_id: Mapped[int] = as_integer(
        "The capture that was read again.", ForeignKey("capture.id"), nullable=False
    )
    field: Mapped[str] = as_text("The field, named as in absences and evidence.", nullable=False)
    before: Mapped[str | None] = as_text("What was read before, as text or JSON; NULL when nothing was.")
    after: Mapped[str | None] = as_text("What is read now, as text or JSON; NULL when nothing is.")
    reader_before: Mapped[str | None] = as_text("Version of the reader before; NULL when none had read it.")
    reader_after: Mapped[str] = as_text("Version of the reader that corrected it.", nullable=False)
    __table_args__ = (
        CheckConstraint(column("before").is_distinct_from(column("after")), name="differs"),
        Index("ix_correction_capture", "capture_id"),
        Index("ix_correction_run", "run_id"),
        STRICT,
    )
