"""The fixture folders, and how a `Reading` is held against the record that a person wrote down.

`pages/<article>/expected.json` is the record of an article; `pages/<article>/<build>/` is one way of building
its page: `page.html` or `page.txt`, and `meta.json` with what was known when it was fetched (`url`,
`content_type`, `form`), what the build shows (`shows`), and only what a build can't show or shows otherwise:
`expect` (values by field, `cards.image` and the like for all cards, `headings` for all sections), `absent`
(acceptable reasons by field), `joined` (its sentences are blocks of their own), `rating` = `ratio` (it shows
a share, not a scale), `ignore_heading`, `list_items` = `any`, `uncertain_topics`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spiders.reading import read_page
from spiders.reading.model import PartialDate, Rating, Reading, Section, Source
from spiders.reading.words import heading_key
from spiders.sites import load_profile

PAGES = Path(__file__).parent / "pages"
PROFILE = load_profile("mymsbuddy")
PLAIN_FIELDS = ("url", "article_id", "title", "reading_minutes", "takeaway", "journal")
NEEDS_REASON = (
    "title", "credibility", "interest", "reading_minutes", "takeaway", "topics", "journal", "source",
    "published",
)  # fmt: skip


@dataclass(frozen=True)
class Build:
    """One way of building one article's page."""

    article: str
    name: str
    body: bytes
    meta: dict[str, Any]
    expected: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.article}/{self.name}"

    def read(self, body: bytes | None = None) -> Reading:
        return read_page(
            self.body if body is None else body,
            profile=PROFILE,
            url=self.meta.get("url"),
            content_type=self.meta.get("content_type"),
            form=self.meta.get("form"),
        )


def builds() -> list[Build]:
    """Every build of every article, in the order of their names."""
    found = []
    for page in sorted(PAGES.glob("*/*/page.*")):
        expected = json.loads((page.parent.parent / "expected.json").read_text("utf-8"))
        meta = json.loads((page.parent / "meta.json").read_text("utf-8"))
        overrides = meta.get("expect", {})
        expected |= {field: value for field, value in overrides.items() if field in expected}
        for field, value in overrides.items():
            if field.startswith("cards."):
                expected["cards"] = [
                    {**card, field.removeprefix("cards."): value} for card in expected["cards"]
                ]
            elif field == "headings":
                for key in ("sections", "boilerplate"):
                    expected[key] = [{**part, "heading": value} for part in expected[key]]
        found.append(Build(page.parent.parent.name, page.parent.name, page.read_bytes(), meta, expected))
    return found


def boilerplate_templates() -> list[str]:
    """The three passages that every fixture page carries, with `{journal}` in place of the journal."""
    return list(json.loads((PAGES / "boilerplate.json").read_text("utf-8")))


def differences(reading: Reading, build: Build) -> dict[str, tuple[Any, Any]]:
    """Field -> (expected, read) for all that differs; empty when the page was read as a person would."""
    want, meta = build.expected, build.meta
    pairs: dict[str, tuple[Any, Any]] = {"kind": (want["kind"], str(reading.kind))}
    for field in PLAIN_FIELDS:
        pairs[field] = (want[field], _shown(getattr(reading, field)))
    for field in ("credibility", "interest"):
        pairs[field] = (_rating(want[field], meta), _rating(getattr(reading, field), meta))
    pairs |= _sections(want["sections"], reading.sections, meta)
    pairs["topics"] = (
        want["topics"],
        None if reading.topics is None else [_shown(topic.text) for topic in reading.topics],
    )
    if "uncertain_topics" in meta:
        pairs["topics.uncertain"] = (
            meta["uncertain_topics"], [topic.uncertain for topic in reading.topics or ()],
        )  # fmt: skip
    pairs |= _source(want["source"], reading.source)
    pairs["published"] = (want["published"], _date(reading.published))
    pairs["cards"] = (len(want["cards"]), len(reading.cards))
    for card, read in zip(want["cards"], reading.cards, strict=False):
        for field, value in card.items():
            got = getattr(read, field)
            pairs[f"cards[{card['position']}].{field}"] = (
                value,
                _date(got) if field == "date" else _shown(got),
            )
    pairs |= _boilerplate(want, reading)
    if "unplaced" in want:
        pairs["unplaced"] = (want["unplaced"], list(reading.unplaced))
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}


def _sections(want: list[dict[str, Any]], read: tuple[Section, ...], meta: dict[str, Any]) -> dict[str, Any]:
    pairs: dict[str, Any] = {"sections": ([part["kind"] for part in want], [part.kind for part in read])}
    for part, got in zip(want, read, strict=False):
        name = f"section {part['kind']}"
        paragraphs = [_shown(text) for text in got.paragraphs]
        if meta.get("joined"):
            pairs[name] = (" ".join(part["paragraphs"]), " ".join(map(str, paragraphs)))
        else:
            pairs[name] = (part["paragraphs"], paragraphs)
        if not meta.get("ignore_heading"):
            pairs[f"{name} heading"] = (_key(part["heading"]), _key(got.heading))
        if meta.get("list_items") != "any":
            listed = part.get("list_items", [False] * len(got.paragraphs))
            pairs[f"{name} list items"] = (listed, list(got.list_items) or [False] * len(got.paragraphs))
    return pairs


def _boilerplate(want: dict[str, Any], reading: Reading) -> dict[str, Any]:
    pairs: dict[str, Any] = {"boilerplate": (len(want["boilerplate"]), len(reading.boilerplate))}
    texts = [text.replace("{journal}", want["journal"]) for text in boilerplate_templates()]
    for number, (part, text, got) in enumerate(
        zip(want["boilerplate"], texts, reading.boilerplate, strict=False)
    ):
        pairs[f"boilerplate[{number}].text"] = (text, got.text)
        pairs[f"boilerplate[{number}].slots"] = (part["slots"], dict(got.slots))
        pairs[f"boilerplate[{number}].heading"] = (_key(part["heading"]), _key(got.heading))
    return pairs


def _source(want: dict[str, Any] | None, read: Source | None) -> dict[str, Any]:
    if want is None or read is None:
        return {"source": (want, read)}
    return {
        f"source.{field}": (
            value,
            _date(read.published) if field == "published"
            else list(read.authors) if field == "authors" else getattr(read, field),
        )
        for field, value in want.items()
    }  # fmt: skip


def _shown(value: Any) -> Any:
    """Text without soft hyphens, which a page shows only where a line breaks."""
    return value.replace("\u00ad", "") if isinstance(value, str) else value


def _key(heading: str | None) -> str | None:
    return None if heading is None else heading_key(heading)


def _rating(rating: Rating | dict[str, float] | None, meta: dict[str, Any]) -> Any:
    if rating is None:
        return None
    value, scale = (
        (rating.value, rating.scale) if isinstance(rating, Rating) else (rating["value"], rating["scale"])
    )
    return round(value / scale, 6) if meta.get("rating") == "ratio" else (float(value), float(scale))


def _date(date: PartialDate | None) -> dict[str, str | None] | None:
    return None if date is None else {"raw": date.raw, "iso": date.iso, "precision": date.precision}
