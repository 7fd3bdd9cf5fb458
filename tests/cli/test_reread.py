"""`msarchive reread`: the archive that today's reader would have made, and nothing of it the site's doing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite
from tests.crawl.crawling import crawl
from tests.places import Places, content, rows, sound

from .conftest import Run, one_line
from .rereads import NO_FINDINGS, Readings, dump, weak_site
from .rereads import readings as readings

UNCHANGING = (
    "SELECT a.key, r.number, r.is_current, r.first_seen_at, r.last_seen_at, r.field_digests, r.frame_digest, "
    "r.title, r.takeaway, r.reading_minutes, r.reader_version FROM revision r "
    "JOIN article a ON a.id = r.article_key ORDER BY 1, 2",
    "SELECT key, url, first_seen_at, last_seen_at, gone_since, published_raw, published_iso, "
    "published_source, teaser FROM article ORDER BY key",
    "SELECT a.key, e.at, e.event, e.capture_id, e.status, e.from_url, e.to_url FROM article_event e "
    "JOIN article a ON a.id = e.article_key ORDER BY 1, 2, 3",
    "SELECT c.id, c.kind, c.reason, c.url_id, c.target_url_id, c.refers_to_id, a.key, r.number, l.digest "
    "FROM capture c LEFT JOIN article a ON a.id = c.article_key LEFT JOIN revision r ON r.id = c.revision_id "
    "LEFT JOIN card_list l ON l.id = c.card_list_id ORDER BY c.id",
    "SELECT l.digest, g.url_id, a.key, g.first_seen_at, g.last_seen_at, g.first_capture_id, "
    "g.last_capture_id FROM card_list_sighting g JOIN card_list l ON l.id = g.card_list_id "
    "LEFT JOIN article a ON a.id = g.article_key ORDER BY 1, 2, 3",
    "SELECT digest, first_seen_at, last_seen_at FROM card_list ORDER BY 1",
    "SELECT * FROM url ORDER BY id",
    "SELECT * FROM url_source ORDER BY 1, 2",
    "SELECT a.key, r.number, e.position, e.field, e.value, e.rule, e.block, e.location, e.won, e.capture_id, "
    "e.reader_version FROM evidence e JOIN revision r ON r.id = e.revision_id "
    "JOIN article a ON a.id = r.article_key ORDER BY 1, 2, 3",
    "SELECT a.key, r.number, b.field, b.reason, b.detail, b.capture_id FROM absence b "
    "JOIN revision r ON r.id = b.revision_id JOIN article a ON a.id = r.article_key ORDER BY 1, 2, 3",
    "SELECT template, source, heading FROM boilerplate_passage ORDER BY 1",
    "SELECT text, normal FROM topic ORDER BY 1",
    "SELECT name, normal FROM journal ORDER BY 1",
    "SELECT text FROM passage ORDER BY 1",
)
"""Everything that the same reader leaves as it is, but for internal numbers of what is made anew."""


@pytest.fixture
def well(both: Places, readings: Readings, tmp_path: Path) -> Path:
    """A copy of an archive whose pages were read well."""
    return both.copy(readings.well, tmp_path / "well")


@pytest.fixture
def weak(both: Places, readings: Readings, tmp_path: Path) -> Path:
    """A copy of an archive whose pages were read without their takeaways."""
    return both.copy(readings.without_takeaway, tmp_path / "weak")


def files(archive: Path) -> dict[str, str]:
    return {
        str(path.relative_to(archive)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(archive.rglob("*"))
        if path.is_file() and not path.name.startswith((".lock", "archive.db-"))
    }


@pytest.mark.parametrize("kind", ["without_takeaway", "without_findings"])
def test_a_better_reader_makes_the_archive_that_it_would_have_made_from_the_start(
    tmp_path: Path, both: Places, readings: Readings, run: Run, kind: str
) -> None:
    archive, fresh = both.copy(getattr(readings, kind), tmp_path / "archive"), content(readings.well)
    assert content(archive) != fresh
    before = rows(archive, "SELECT count(*) FROM revision")
    told = run("reread", "--archive", archive, "--site", "sample", "--json")
    assert told.code == 0, told.err
    assert content(archive) == fresh
    assert rows(archive, "SELECT count(*) FROM revision") == before
    assert rows(archive, "SELECT count(*) FROM article_event") == [(0,)]
    sound(archive)
    (result,) = told.json["sites"]
    assert result["captures"] == rows(archive, "SELECT count(*) FROM capture")[0][0]
    assert result["losses"] == {}
    kept = rows(archive, f"SELECT count(*) FROM corrections WHERE run = {result['run']}")
    assert kept == [(result["corrections"],)]
    assert result["corrections"] > 0
    again = run("reread", "--archive", archive, "--site", "sample")
    assert again.code == 0
    assert "nothing to do" in again.out
    assert rows(archive, "SELECT count(*) FROM run WHERE kind = 'reread'") == [(1,)]


def test_what_was_corrected_is_told_by_field_with_examples(weak: Path, run: Run) -> None:
    # Some builds give it in their embedded state as well, which needs no heading.
    without = rows(weak, "SELECT key FROM articles WHERE takeaway IS NULL")
    assert len(without) > 20
    run("reread", "--archive", weak, "--site", "sample")
    takeaways = rows(
        weak,
        "SELECT c.capture, c.before, c.after, a.takeaway, c.reader_after FROM corrections c "
        "JOIN articles a ON a.key = c.article_key WHERE c.field = 'takeaway'",
    )
    assert len(takeaways) == len(without)
    for _, before, after, takeaway, reader in takeaways:
        assert (before, after) == (None, takeaway)
        assert reader


def test_a_reader_that_does_worse_is_stopped(
    well: Path, readings: Readings, tmp_path: Path, run: Run
) -> None:
    site = weak_site(tmp_path, NO_FINDINGS)
    before = dump(well)
    told = run("reread", "--archive", well, "--site", site)
    assert told.code == 1
    assert "would be lost" in told.err.splitlines()[-1]
    assert "sections.findings" in told.out
    assert dump(well) == before
    accepted = run("reread", "--archive", well, "--site", site, "--accept-losses")
    assert accepted.code == 0
    assert content(well) == content(readings.without_findings)
    sound(well)


def test_a_dry_run_reports_and_leaves_every_byte(weak: Path, tmp_path: Path, run: Run) -> None:
    before = files(weak), dump(weak)
    dry = run("reread", "--archive", weak, "--site", "sample", "--dry-run", "--json")
    assert dry.code == 0
    assert (files(weak), dump(weak)) == before
    real = run("reread", "--archive", weak, "--site", "sample", "--json")
    (told,), (done,) = dry.json["sites"], real.json["sites"]
    assert told["run"] is None
    assert (told["corrections"], told["fields"]) == (done["corrections"], done["fields"])
    worse = run("reread", "--archive", weak, "--site", weak_site(tmp_path, NO_FINDINGS), "--dry-run")
    assert worse.code == 1


def test_one_article_alone(weak: Path, readings: Readings, run: Run) -> None:
    with_one = "SELECT key FROM articles WHERE takeaway IS NOT NULL ORDER BY key"
    ((key,), *_) = rows(weak, "SELECT key FROM articles WHERE takeaway IS NULL ORDER BY 1")
    before = rows(weak, with_one)
    told = run("reread", "--archive", weak, "--site", "sample", "--article", key, "--json")
    assert told.code == 0, told.err
    (result,) = told.json["sites"]
    assert 1 <= result["captures"] < 5
    assert sorted(rows(weak, with_one)) == sorted([*before, (key,)])
    sound(weak)
    nobody = run("reread", "--archive", weak, "--site", "sample", "--article", "nobody")
    assert nobody.code == 1
    assert "nobody" in one_line(nobody.err)
    assert run("reread", "--archive", weak, "--site", "sample").code == 0
    assert content(weak) == content(readings.well)


def test_what_was_captured_since_a_day(weak: Path, readings: Readings, run: Run) -> None:
    later = run("reread", "--archive", weak, "--site", "sample", "--since", "2999-01-01")
    assert later.code == 0
    assert "nothing to do" in later.out
    assert run("reread", "--archive", weak, "--since", "yesterday").code == 2
    assert run("reread", "--archive", weak, "--site", "sample", "--since", "2020-01-01").code == 0
    assert content(weak) == content(readings.well)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site, crawled through an edit, a removal, a move, a return, and 304s."""
    folder = tmp_path_factory.mktemp("crawled")
    with SampleSite() as site:
        assert crawl(folder / "archive", site.base_url).code == 0
        for change in ("edit", "remove", "move", "footer"):
            site.apply(change)
            assert crawl(folder / "archive", site.base_url, refresh="all").code == 0
    return folder / "archive"


@pytest.fixture
def archive(both: Places, crawled: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return both.copy(crawled, tmp_path / "archive")


def test_the_same_reader_alters_nothing(archive: Path, run: Run) -> None:
    assert rows(archive, "SELECT count(*) FROM capture WHERE kind = 'unchanged'")[0][0] > 20
    assert rows(archive, "SELECT count(*) FROM article_event")[0][0] >= 2
    assert rows(archive, "SELECT max(number) FROM revision")[0][0] == 2
    before, held = [rows(archive, sql) for sql in UNCHANGING], content(archive)
    told = run("reread", "--archive", archive, "--all", "--json")
    assert told.code == 0, told.err
    (result,) = told.json["sites"]
    assert (result["corrections"], result["new_urls"]) == (0, 0)
    assert content(archive) == held
    for sql, was in zip(UNCHANGING, before, strict=True):
        assert rows(archive, sql) == was, sql
    sound(archive)


def test_corrections_never_appear_as_changes_of_the_site_s(archive: Path, tmp_path: Path, run: Run) -> None:
    weak = weak_site(tmp_path, NO_FINDINGS)
    history = "SELECT article_key, revision, first_seen_at, last_seen_at FROM revisions ORDER BY 1, 2"
    events = "SELECT * FROM article_events ORDER BY 1, 2, 3"
    before = rows(archive, history), rows(archive, events), content(archive)
    assert run("reread", "--archive", archive, "--site", weak, "--accept-losses").code == 0
    assert rows(archive, events) == before[1]
    assert run("reread", "--archive", archive, "--site", "sample").code == 0
    assert (rows(archive, history), rows(archive, events), content(archive)) == before
    sound(archive)


def test_a_damaged_record_leaves_its_article_as_it_is_and_is_named(weak: Path, run: Run) -> None:
    ((capture, key, name, offset, length),) = rows(
        weak,
        "SELECT c.id, c.article_key, c.warc_file, c.warc_offset, c.warc_length FROM captures c "
        "JOIN articles a ON a.key = c.article_key WHERE a.takeaway IS NULL ORDER BY c.id LIMIT 1",
    )
    path = weak / "captures" / name
    data = bytearray(path.read_bytes())
    data[offset + length // 2] ^= 0xFF
    path.write_bytes(data)
    told = run("reread", "--archive", weak, "--site", "sample")
    assert told.code == 12
    assert f"as they are: {capture} (" in told.err.splitlines()[-1]
    without = rows(weak, "SELECT key FROM articles WHERE takeaway IS NULL")
    assert (key,) in without
    assert len(without) < 5
    sound(weak)
