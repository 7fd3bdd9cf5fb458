"""Reading again: the archive is then the one that today's reader would have made from the start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.importing import import_files
from crawler.rereading import RereadOptions, SiteReread, reread
from crawler.samplesite.server import SampleSite
from spiders.sites import load_profile
from storage.record_json import decode, encode, shape
from storage.records import ArticleRecord, CardRecord
from tests.cli.rereads import dump
from tests.crawl.crawling import ask, crawl
from tests.places import Places, content, database_of, sound
from tests.storage.build import article, card

WORSE = """extends = "sample"
name = "sample"
[parts]
topics = ["No such words"]
[parts.sections]
findings = ["What They Found"]
audience = ["No such words"]
considerations = ["Important Considerations"]
[labels]
interest = ["No such words"]
"""
EVENTS = "SELECT article_key, event, status, from_url, to_url FROM article_events ORDER BY 1, 2, 4, 5"
SEEN = "SELECT key, revisions, captures, gone_since IS NOT NULL FROM articles ORDER BY 1"
ID = "Sx1jR8"


class Pair:
    """Two archives of the same site at the same times, read with a worse and with a better profile."""

    def __init__(self, folder: Path) -> None:
        self.worse, self.better = folder / "worse", folder / "better"
        self.profile = folder / "worse.toml"
        self.profile.write_text(WORSE)
        with SampleSite() as site:
            for changes in ("", "edit,footer", "move,remove"):
                site.apply(changes)
                for archive, profile in ((self.worse, str(self.profile)), (self.better, "sample")):
                    done = crawl(archive, site.base_url, site=profile, refresh="all")
                    assert done.code == 0, done.stderr


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("pair"))


Copy = Callable[[Path], Path]


@pytest.fixture
def copy(both: Places, tmp_path: Path) -> Iterator[Copy]:
    """Copies archives, in both databases; each is looked over at the end."""
    made: list[Path] = []

    def copied(archive: Path) -> Path:
        made.append(both.copy(archive, tmp_path / f"copy{len(made)}"))
        return made[-1]

    yield copied
    for archive in made:
        sound(archive)


def again(archive: Path, site: str | Path = "sample", **options: object) -> SiteReread:
    (result,) = reread(
        RereadOptions(archive, site=str(site), database=database_of(archive), **options),  # type: ignore[arg-type]
        program_version="1",
    )
    return result


def same(one: Path, other: Path) -> None:
    mine, theirs = content(one), content(other)
    for part in mine:
        assert mine[part] == theirs[part], part


def test_afterwards_it_is_the_archive_that_the_better_reader_makes(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.worse)
    result = again(archive)
    same(archive, pair.better)
    for sql in (EVENTS, SEEN):
        assert ask(archive, sql) == ask(pair.better, sql)
    assert ask(archive, "SELECT count(*) FROM captures WHERE kind = 'unchanged'") > [(10,)]
    assert result.report is not None
    assert result.report.losses == {}
    assert result.report.fields["sections.audience"].gained > 60
    assert result.report.fields["topics"].gained > 10


def test_corrections_say_per_capture_what_was_read_before_and_after(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.worse)
    result = again(archive)
    told = ask(
        archive,
        "SELECT run, before, after, reader_after, article_id FROM corrections WHERE field = 'interest' "
        "AND article_id = :id",
        id=ID,
    )
    (rating,) = ask(archive, "SELECT interest, interest_scale FROM articles WHERE id = :id", id=ID)
    assert told
    assert {row[1] for row in told} == {None}
    assert told[-1][2] == f"{rating[0]:g}/{rating[1]:g}"
    assert {row[0] for row in told} == {result.run_id}
    ((kind, outcome),) = ask(archive, "SELECT kind, outcome FROM runs WHERE id = :id", id=result.run_id)
    assert (kind, outcome) == ("reread", "complete")
    # The site changed what it changed, no more.
    changes = "SELECT article_key, revision, field, before, after FROM revision_changes ORDER BY 1, 2, 3"
    assert ask(archive, changes) == ask(pair.better, changes)


def test_the_second_time_there_is_nothing_to_do(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.worse)
    again(archive)
    before = dump(archive)
    result = again(archive)
    assert result.report is None
    assert dump(archive) == before
    assert not (archive / "rereading").exists()


def test_reading_all_of_it_again_with_the_same_reader_alters_nothing(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.better)
    result = again(archive, all=True)
    assert result.report is not None
    assert result.report.corrections == 0
    same(archive, pair.better)
    assert ask(archive, EVENTS) == ask(pair.better, EVENTS)


def test_a_reader_that_loses_values_is_refused(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.better)
    before = dump(archive)
    result = again(archive, pair.profile)
    assert result.refused
    assert result.run_id is None
    assert result.report is not None
    assert result.report.losses["topics"] > 10
    assert result.report.losses["sections.audience"] > 60
    assert dump(archive) == before


def test_losses_can_be_accepted(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.better)
    result = again(archive, pair.profile, accept_losses=True)
    assert not result.refused
    assert result.run_id is not None
    same(archive, pair.worse)


def test_a_heading_that_becomes_known_is_no_loss(pair: Pair, copy: Copy) -> None:
    """Its text stood under an unknown heading; it is the same text."""
    archive = copy(pair.worse)
    report = again(archive, dry_run=True).report
    assert report is not None
    other = 'sections.other "Who Should Care and Why"'
    assert report.fields[other].corrected > 60
    assert report.fields[other].lost == 0


def test_a_dry_run_reports_the_same_and_writes_nothing(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.worse)
    files, before = [path.read_bytes() for path in archive.glob("archive.db")], dump(archive)
    dry = again(archive, dry_run=True)
    assert dry.run_id is None
    assert ([path.read_bytes() for path in archive.glob("archive.db")], dump(archive)) == (files, before)
    assert sorted(path.name for path in archive.iterdir() if path.is_dir()) == ["captures"]
    assert dry.report == again(archive).report


def test_processes_that_read_side_by_side_make_no_difference(
    pair: Pair, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together = copy(pair.worse), copy(pair.worse)
    again(alone, workers=1)
    monkeypatch.setattr("crawler.reading_workers.FEW", 0)
    again(together, workers=2)
    assert dump(alone) == dump(together)


def test_one_article_alone(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.worse)
    result = again(archive, article=ID)
    assert result.report is not None
    assert result.report.articles == 1
    assert ask(archive, "SELECT DISTINCT article_id FROM corrections") == [(ID,)]
    for sql in (
        "SELECT kind, heading, text FROM article_sections WHERE article_id = :id ORDER BY position",
        "SELECT revision, title, takeaway, interest FROM revisions WHERE article_id = :id ORDER BY 1",
    ):
        assert ask(archive, sql, id=ID) == ask(pair.better, sql, id=ID)
    # The rest in a second go: together they are the whole.
    again(archive)
    same(archive, pair.better)


def test_since_takes_the_articles_it_touches_whole(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.worse)
    ((last,),) = ask(archive, "SELECT started_at FROM runs ORDER BY id DESC LIMIT 1")
    again(archive, since=last)
    digests = "SELECT count(*) FROM capture WHERE kind = 'summary' GROUP BY article_key HAVING "
    assert ask(archive, digests + "count(DISTINCT profile_digest) > 1") == []
    again(archive)
    same(archive, pair.better)


def test_a_damaged_record_leaves_its_article_as_it_is(pair: Pair, copy: Copy) -> None:
    archive = copy(pair.worse)
    ((capture, name, offset),) = ask(
        archive,
        "SELECT id, warc_file, warc_offset FROM captures WHERE article_id = :id AND kind = 'summary' "
        "ORDER BY id LIMIT 1",
        id=ID,
    )
    with (archive / "captures" / name).open("r+b") as file:
        file.seek(offset + 200)
        byte = file.read(1)[0]
        file.seek(offset + 200)
        file.write(bytes([byte ^ 0xFF]))
    sections = (
        "SELECT article_id, kind, heading, text FROM article_sections WHERE article_id {} :id ORDER BY 1, 3"
    )
    result = again(archive)
    assert capture in result.damaged
    assert ask(archive, sections.format("="), id=ID) == ask(pair.worse, sections.format("="), id=ID)
    assert ask(archive, sections.format("<>"), id=ID) == ask(pair.better, sections.format("<>"), id=ID)


@pytest.mark.usefixtures("both")
def test_files_without_an_address_are_joined_anew(tmp_path: Path) -> None:
    html = (
        "<!doctype html><html><head>{}</head><body><main><h1>A Title of It</h1><h2>Key Takeaway</h2>"
        "<p>Walking helps a little.</p><h2>What Was Seen</h2><p>People walked more.</p></main></body></html>"
    )
    named = "<link rel=canonical href=https://mymsbuddy.com/news/view/a-title-of-it-aB3dE6>"
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "1-nameless.html").write_text(html.format(""))
    (pages / "2-named.html").write_text(html.format(named))
    (pages / "3-other.html").write_text("<html><body><h2>The Gist</h2><p>Of an article.</p></body></html>")
    better = tmp_path / "better.toml"
    better.write_text(
        'extends = "mymsbuddy"\nname = "mymsbuddy"\n[parts]\ntakeaway = ["Key Takeaway", "The Gist"]\n'
        '[parts.sections]\nfindings = ["What Was Seen"]\n'
    )
    archives = [tmp_path / "old", tmp_path / "new"]
    for archive, profile in zip(archives, ("mymsbuddy", str(better)), strict=True):
        import_files(
            [pages],
            directory=archive,
            database=database_of(archive),
            profile=load_profile(profile),
            program_version="1",
        )
    assert ask(archives[0], "SELECT count(*) FROM articles") == [(1,)]
    result = again(archives[0], better)
    same(*archives)
    assert result.report is not None
    assert result.report.fields["kind"].corrected == 1
    assert len(result.report.articles_gained) == 1
    assert ask(archives[0], "SELECT count(*) FROM articles") == [(2,)]
    sound(archives[0])


def test_records_come_back_from_json_as_they_were() -> None:
    for kind, record in (
        (ArticleRecord, article("aB3dE6")),
        (CardRecord, card("xY9zA1")),
        (CardRecord, card("xY9zA2", None)),
    ):
        assert decode(kind, encode(record)) == record
    with pytest.raises(ValueError, match="ArticleRecord"):
        decode(ArticleRecord, b"[1, 2]")
    assert shape(ArticleRecord) != shape(CardRecord)
