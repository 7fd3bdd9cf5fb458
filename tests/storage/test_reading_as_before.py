"""What reads as before is left as it stands; the archive is the same as if all of it had been made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from crawler.capture_reading import SAME, CaptureReader, ToRead
from crawler.rereading import RereadOptions, SiteReread, reread
from crawler.samplesite.server import SampleSite
from spiders.pages import PageMaker
from spiders.reading.model import READER_VERSION
from storage import readings
from storage.readings import NewReading, digest_of
from storage.record_json import decode, encode
from tests.cli.test_reread import UNCHANGING
from tests.crawl.crawling import crawl
from tests.places import Places, change, database_of, rows, sound

from .test_rereading import same

BY_HAND = "written by hand"
SUMMARIES = "SELECT id FROM capture WHERE kind = 'summary' ORDER BY id"
LISTINGS = "SELECT id FROM capture WHERE kind = 'listing' ORDER BY id"
EVERYTHING = (
    # Which boilerplate an article's frame had when it was last looked at depends on when that was.
    UNCHANGING[0].replace("r.frame_digest, ", ""),
    *UNCHANGING[1:],
    "SELECT capture_id, field, before, after, reader_before, reader_after FROM correction ORDER BY 1, 2, 3",
    "SELECT id, reading_digest, reader_version, profile_digest FROM capture ORDER BY id",
    "SELECT url_id, state, reason FROM url_history ORDER BY 1, 2, 3",
)

Change = Callable[[NewReading], NewReading]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site through an edit, a removal, a move, and 304s."""
    archive = tmp_path_factory.mktemp("crawled") / "archive"
    with SampleSite() as site:
        for changes in ("", "edit,footer", "move,remove"):
            site.apply(changes)
            assert crawl(archive, site.base_url, refresh="all").code == 0
    return archive


@pytest.fixture
def archive(both: Places, tmp_path: Path, crawled: Path) -> Iterator[Path]:
    """A copy of it, in both databases."""
    copied = both.copy(crawled, tmp_path / "archive")
    yield copied
    sound(copied)


def again(archive: Path, **options: bool) -> SiteReread:
    asked = RereadOptions(archive, database=database_of(archive), accept_losses=True, **options)  # type: ignore[arg-type]
    (result,) = reread(asked, program_version="1")
    return result


def ask(archive: Path, *statements: str) -> list[list[tuple[object, ...]]]:
    return [rows(archive, sql) for sql in statements]


def numbers(archive: Path, sql: str) -> list[int]:
    return [row[0] for row in ask(archive, sql)[0]]  # type: ignore[misc]


def write_by_hand(archive: Path) -> None:
    change(archive, f"UPDATE revision SET description = '{BY_HAND}'")


def by_hand(archive: Path) -> int:
    return len(numbers(archive, f"SELECT id FROM revision WHERE description = '{BY_HAND}'"))


_read = CaptureReader._read


@cache
def remembered(capture_id: int) -> list[bytes]:
    return []


def otherwise(changes: Mapping[int, Change]) -> Callable[[CaptureReader, ToRead, PageMaker], bytes]:
    """A reader that reads these captures otherwise. All archives here are copies of one: each capture of it
    is truly read once."""

    def changed(self: CaptureReader, wanted: ToRead, maker: PageMaker) -> bytes:
        assert wanted.capture is not None
        capture_id, stored = wanted.capture.body.capture_id, wanted.stored
        kept = remembered(capture_id)
        if not kept:
            kept.append(_read(self, replace(wanted, stored=None), maker))
        data = kept[0]
        if capture_id in changes:
            data = encode(changes[capture_id](decode(NewReading, data)))
        return SAME if digest_of(data) == stored else data

    return changed


def test_a_crawl_notes_what_reading_again_comes_to(archive: Path) -> None:
    noted = "SELECT id, reading_digest FROM capture WHERE reader_version IS NOT NULL ORDER BY id"
    (before,) = ask(archive, noted)
    assert all(digest for _, digest in before)
    again(archive, rebuild=True)
    assert ask(archive, noted) == [before]
    redirects = "SELECT id FROM capture WHERE kind = 'redirect' AND reading_digest IS NOT NULL"
    assert numbers(archive, redirects) == []


def test_what_reads_as_before_is_left_alone_unless_told_otherwise(archive: Path) -> None:
    revisions = len(numbers(archive, "SELECT id FROM revision"))
    write_by_hand(archive)
    result = again(archive, all=True)
    assert result.report is not None
    assert (result.report.captures, result.report.corrections) == (
        len(numbers(archive, "SELECT id FROM capture WHERE reader_version IS NOT NULL")), 0,
    )  # fmt: skip
    assert result.report.articles == len(numbers(archive, "SELECT id FROM article"))
    assert by_hand(archive) == revisions
    again(archive, rebuild=True)
    assert by_hand(archive) == 0


def test_only_the_article_that_reads_otherwise_is_made_anew(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_by_hand(archive)
    capture = numbers(archive, SUMMARIES)[0]
    monkeypatch.setattr(CaptureReader, "_read", otherwise({capture: retitled}))
    result = again(archive, all=True)
    assert result.report is not None
    assert {one.field for one in result.report.fields.values() for one in one.examples} >= {"title"}
    (key,) = numbers(archive, f"SELECT article_key FROM capture WHERE id = {capture}")
    others = f"FROM revision WHERE coalesce(description, '') <> '{BY_HAND}'"
    assert numbers(archive, f"SELECT DISTINCT article_key {others}") == [key]


def test_a_newer_reader_is_named_as_the_reader_of_what_reads_as_before(archive: Path) -> None:
    tables = ("revision", "evidence", "capture")
    for table in tables:
        change(archive, f"UPDATE {table} SET reader_version = '0' WHERE reader_version IS NOT NULL")
    write_by_hand(archive)
    again(archive)
    for table in tables:
        versions = f"SELECT DISTINCT reader_version FROM {table} WHERE reader_version IS NOT NULL"
        assert ask(archive, versions) == [[(READER_VERSION,)]]
    assert by_hand(archive) > 0


def test_an_archive_from_before_digests_is_made_anew_and_has_them(archive: Path, crawled: Path) -> None:
    change(archive, "UPDATE capture SET reading_digest = NULL")
    write_by_hand(archive)
    again(archive, all=True)
    assert by_hand(archive) == 0
    digests = "SELECT id, reading_digest FROM capture ORDER BY id"
    assert ask(archive, digests) == ask(crawled, digests)
    same(archive, crawled)


def test_when_readings_are_stored_otherwise_all_are_made_anew(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_by_hand(archive)
    monkeypatch.setattr(readings, "STORED_AS", readings.STORED_AS + 1)
    again(archive, all=True)
    assert by_hand(archive) == 0


def retitled(reading: NewReading) -> NewReading:
    assert reading.article is not None
    return replace(reading, article=replace(reading.article, title=f"{reading.article.title} indeed"))


def undated(reading: NewReading) -> NewReading:
    return replace(reading, cards=tuple(replace(card, date=None, teaser=None) for card in reading.cards))


def no_cards(reading: NewReading) -> NewReading:
    return replace(reading, cards=())


def nameless(reading: NewReading) -> NewReading:
    assert reading.article is not None
    return replace(reading, article=replace(reading.article, article_id=None, url=None))


def no_article(reading: NewReading) -> NewReading:
    return replace(reading, kind="other", reason="it reads so", article=None)


def headed(reading: NewReading) -> NewReading:
    assert reading.article is not None
    passages = tuple(replace(passage, heading="Zuletzt") for passage in reading.article.boilerplate)
    return replace(reading, article=replace(reading.article, boilerplate=passages))


@pytest.mark.parametrize(
    ("captures", "every", "read_so"),
    [
        (LISTINGS, 1, undated),
        (LISTINGS, 2, no_cards),
        (SUMMARIES, 7, retitled),
        (SUMMARIES, 5, nameless),
        (SUMMARIES, 9, no_article),
        (SUMMARIES, 1, headed),
        (SUMMARIES, 4, undated),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_it_comes_to_the_same_as_making_all_of_it_anew(
    both: Places,
    tmp_path: Path,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
    captures: str,
    every: int,
    read_so: Change,
) -> None:
    twin = both.copy(archive, tmp_path / "twin")
    changed = numbers(archive, captures)[::every]
    monkeypatch.setattr(CaptureReader, "_read", otherwise(dict.fromkeys(changed, read_so)))
    assert again(archive, all=True).report == again(twin, rebuild=True).report
    assert ask(archive, *EVERYTHING) == ask(twin, *EVERYTHING)
    # And back.
    monkeypatch.setattr(CaptureReader, "_read", otherwise({}))
    assert again(archive, all=True).report == again(twin, rebuild=True).report
    assert ask(archive, *EVERYTHING) == ask(twin, *EVERYTHING)
