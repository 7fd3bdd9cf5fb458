"""Archives for the tests of the report: small ones with a history, and hostile ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storage.records import ArticleRecord, DateRecord, JournalRecord, RatingRecord, TopicRecord, UrlOutcome
from tests.storage.build import House, article, card, sections, topics, url_of

HOSTILE = (
    "<script>fetch('http://127.0.0.1:9/x')</script>",
    '"><img src=http://127.0.0.1:9/y onerror=alert(1)>',
    "</text></svg><iframe src=//127.0.0.1:9/z></iframe>",
    "]]></style><style>*{display:none}</style>",
    "$\\frac{1}{0}$ and $x^{2",
    "{{ 7*7 }}{% for x in y %}",
    "javascript:alert(1)",
    "‮gnp.exe‬ \x1b]0;owned\x07 \x00 tab\tend",
    "日本語のとても長い題名" * 4,
    "a\nb\r\nc &amp; &lt;b&gt; &#x3c;",
    "W" * 5_000,
    "\U000e0041\ud83d\ude00 emoji 👩‍🔬 العربية",
)
"""Text that a site might print to make something run, or to spoil the page."""


def empty(folder: Path) -> Path:
    """An archive in which nothing has ever happened but a run that found nothing."""
    House(folder).archive.close()
    return folder


def single(folder: Path) -> Path:
    """One article, without topics, date, journal or ratings."""
    house = House(folder)
    house.save(article(topics=None, journal=None, credibility=None, interest=None))
    house.writer.end_run("complete", "every address known has its answer", {}, exit_code=0)
    house.archive.close()
    return folder


def living(folder: Path) -> Path:
    """Three months of a site: articles that come, change, go; dates of every precision, also ahead."""
    house = House(folder)
    dated = {
        "aaaaa1": ("3/1/2025", "2025-03-01", "day"),
        "aaaaa2": ("March 2025", "2025-03", "month"),
        "aaaaa3": ("12/31/2027", "2027-12-31", "day"),
        "aaaaa4": ("2024", "2024", "year"),
        "aaaaa5": None,
    }
    for number, (name, printed) in enumerate(dated.items()):
        house.save(_article(name, number, printed), when=f"2026-0{1 + number // 2}-10T00:00:00.000Z")
    house.writer.end_run("complete", "every address known has its answer", {}, exit_code=0)
    house.begin()
    first = _article("aaaaa1", 0, dated["aaaaa1"])
    house.save(
        replace(
            first, credibility=RatingRecord(2.0, 5.0, "2/5"), topics=topics("Iron", "Sleep"),
            takeaway="A takeaway of aaaaa1, reworded.", body_digest="other",
        ),
        when="2026-04-02T10:00:00.000Z",
    )  # fmt: skip
    house.save(
        url=url_of("aaaaa2"),
        kind="gone",
        when="2026-04-02T10:01:00.000Z",
        outcome=UrlOutcome("gone", "HTTP 404"),
    )
    house.writer.end_run("limit", "--max-pages", {}, exit_code=6)
    house.archive.close()
    return folder


def hostile(folder: Path) -> Path:
    """Every text that a site gives is hostile, and has changed to another."""
    house = House(folder)
    safe = [text.encode("utf-8", "replace").decode() for text in HOSTILE]
    for number, text in enumerate(safe):
        other = safe[(number + 1) % len(safe)]
        record = _hostile(f"bbbb{number:02}", text, number)
        house.save(record, cards=(card(f"bbbb{number:02}", teaser=text[:100]),))
        changed = replace(
            record, title=other, takeaway=other, sections=sections(other), body_digest=f"after {number}",
            topics=(TopicRecord(other, other.casefold()), TopicRecord("Iron", "iron")),
        )  # fmt: skip
        house.save(changed, when=f"2026-04-01T00:{number:02}:00.000Z")
    house.writer.end_run("failed", HOSTILE[0], {}, exit_code=1)
    house.archive.close()
    return folder


def _article(name: str, number: int, printed: tuple[str, str, str] | None) -> ArticleRecord:
    return article(
        name,
        published=None if printed is None else DateRecord(*printed),  # type: ignore[arg-type]
        published_rule=None if printed is None else "json-ld",
        credibility=RatingRecord(float(number + 1), 5.0, f"{number + 1}/5"),
        topics=topics("Iron", "Memory") if number % 2 == 0 else topics("Memory"),
    )


def _hostile(name: str, text: str, number: int) -> ArticleRecord:
    return article(
        name,
        title=text,
        takeaway=text,
        topics=(TopicRecord(text, text.casefold()), TopicRecord("Iron", "iron")),
        journal=JournalRecord(text, text.casefold()),
        sections=sections(text),
        published=DateRecord(f"{number + 1}/1/2025", f"2025-{number + 1:02}-01", "day"),
        published_rule="json-ld",
    )
