"""Tables of what readings had of the fields expected of them, and of readings that are held back."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped

from storage.models.base import STRICT, Base, as_integer, as_text, is_flag, is_utc

_STILL_TO_JUDGE = sql("judged = 0")


class ReadingShape(Base):
    """What readings of one layout had and lacked; stored once, however many pages share it."""

    __tablename__ = "reading_shape"
    id: Mapped[int] = as_integer("Internal number.", primary_key=True)
    layout: Mapped[str] = as_text(
        "The layout: form, kind, and the elements that title and headings of the parts stand in.",
        nullable=False,
    )
    shown: Mapped[str] = as_text("Fields that were read, as a JSON list.", nullable=False)
    lacking: Mapped[str] = as_text(
        "Fields that are not on the page, or unreadable, as a JSON list; what the capture can't show is in "
        "neither.",
        nullable=False,
    )
    __table_args__ = (UniqueConstraint("layout", "shown", "lacking"), STRICT)


class CaptureFields(Base):
    """What the reading of a crawl's capture had of the fields that were expected of it."""

    __tablename__ = "capture_fields"
    capture_id: Mapped[int] = as_integer("The capture.", ForeignKey("capture.id"), primary_key=True)
    shape_id: Mapped[int] = as_integer("What it had.", ForeignKey("reading_shape.id"), nullable=False)
    lost: Mapped[str | None] = as_text(
        "Fields that it lacks though they were there before (of a new page: though nearly all have them), "
        "as a JSON list; NULL without any."
    )
    judged: Mapped[int] = as_integer("1 when a run's end has looked at it, else 0.", nullable=False)
    __table_args__ = (
        is_flag("judged"),
        Index(
            "ix_capture_fields_to_judge",
            "capture_id",
            sqlite_where=_STILL_TO_JUDGE,
            postgresql_where=_STILL_TO_JUDGE,
        ),
        STRICT,
    )


class Quarantine(Base):
    """A reading that has lost fields and is not believed until it is read again, or until a run's end finds
    that too few pages lost them for the site to have changed."""

    __tablename__ = "quarantine"
    capture_id: Mapped[int] = as_integer("The capture.", ForeignKey("capture.id"), primary_key=True)
    article_key: Mapped[int | None] = as_integer(
        "The article whose values it would have replaced; NULL when it would have replaced none.",
        ForeignKey("article.id", ondelete="SET NULL"),
    )
    fields: Mapped[str] = as_text("The fields that it lost, as a JSON list.", nullable=False)
    doubts: Mapped[str | None] = as_text(
        "Fields that read otherwise than before, with digests of what they say, as a JSON object: where "
        "several articles say the same it is nobody's, and lost; NULL without any."
    )
    held: Mapped[int] = as_integer(
        "1 when nothing of it was stored but the capture; 0 when it was all there is of its page, and is "
        "stored as read.",
        nullable=False,
    )
    since: Mapped[str] = as_text("When it was put there (UTC).", nullable=False)
    __table_args__ = (
        is_flag("held"),
        *is_utc("since"),
        Index(
            "ix_quarantine_article",
            "article_key",
            sqlite_where=sql("article_key IS NOT NULL"),
            postgresql_where=sql("article_key IS NOT NULL"),
        ),
        STRICT,
    )


class Alarm(Base):
    """A field that vanished from more pages than chance takes away: the site has changed."""

    __tablename__ = "alarm"
    id: Mapped[int] = as_integer("Number of the alarm.", primary_key=True)
    site: Mapped[str] = as_text("Name of the site profile.", nullable=False)
    field: Mapped[str] = as_text("The field that vanished.", nullable=False)
    layout: Mapped[str | None] = as_text(
        "The layout that lost it, when it is one of several; NULL when the whole site is meant."
    )
    run_id: Mapped[int] = as_integer("Run that raised it.", ForeignKey("run.id"), nullable=False)
    raised_at: Mapped[str] = as_text("When that was (UTC).", nullable=False)
    since_capture_id: Mapped[int] = as_integer(
        "The first capture without it.", ForeignKey("capture.id"), nullable=False
    )
    lost: Mapped[int] = as_integer("How many pages had lost it.", nullable=False)
    pages: Mapped[int] = as_integer("Of how many that should have had it.", nullable=False)
    instead: Mapped[str] = as_text("What stands on that first page in its place.", nullable=False)
    cleared_at: Mapped[str | None] = as_text("When it was cleared (UTC); NULL while it stands.")
    cleared_why: Mapped[str | None] = as_text("Why it was cleared; NULL while it stands.")
    cleared_after: Mapped[int | None] = as_integer(
        "The last capture before that: earlier ones are no longer counted; NULL while it stands.",
        ForeignKey("capture.id"),
    )
    __table_args__ = (
        *is_utc("raised_at", "cleared_at"),
        CheckConstraint("field <> '' AND instead <> ''", name="filled"),
        CheckConstraint("lost > 0 AND pages >= lost", name="share"),
        CheckConstraint(
            "(cleared_at IS NULL) = (cleared_why IS NULL) AND (cleared_at IS NULL) = (cleared_after IS NULL)",
            name="cleared",
        ),
        Index(
            "ix_alarm_standing",
            "site",
            "field",
            unique=True,
            sqlite_where=sql("cleared_at IS NULL"),
            postgresql_where=sql("cleared_at IS NULL"),
        ),
        STRICT,
    )
