"""`msarchive reread`: the archive that today's reader would have made, and nothing of it the site's doing."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crawler.importing import import_files
from crawler.samplesite import SampleSite
from spiders.sites import load_profile
from storage.archive import open_archive
from storage.compare import archive_digest
from tests.crawl.crawling import clean_environment, crawl

from .archives import BASE, save_pages
from .conftest import Run, one_line

# Profiles in place of readers: what a profile does not know, a reader can't read.
NO_TAKEAWAY = 'extends = "sample"\nname = "sample"\n[parts]\ntakeaway = ["No Page Says This"]\n'
NO_FINDINGS = 'extends = "sample"\nname = "sample"\n[parts.sections]\nfindings = ["No Page Says This"]\n'
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


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pages(tmp_path_factory.mktemp("pages"))


def weak_site(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    profile = folder / "weak.toml"
    profile.write_text(text, "utf-8")
    return profile


def imported(archive: Path, pages: Path, site: str | Path = "sample") -> Path:
    import_files([pages], directory=archive, profile=load_profile(str(site)).at(BASE), program_version="1")
    return archive


def digest(archive: Path) -> dict[str, str]:
    with open_archive(archive, read_only=True) as opened:
        return archive_digest(opened)


def rows(archive: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def sound(archive: Path) -> None:
    connection = sqlite3.connect(archive / "archive.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO article_search (article_search, rank) VALUES ('integrity-check', 1)")
    finally:
        connection.close()


def files(archive: Path) -> dict[str, str]:
    return {
        str(path.relative_to(archive)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(archive.rglob("*"))
        if path.is_file() and not path.name.startswith((".lock", "archive.db-"))
    }


def test_a_better_reader_makes_the_archive_that_it_would_have_made_from_the_start(
    tmp_path: Path, pages: Path, run: Run
) -> None:
    for number, text in enumerate((NO_TAKEAWAY, NO_FINDINGS)):
        weak = weak_site(tmp_path / f"site{number}", text)
        archive = imported(tmp_path / f"archive{number}", pages, weak)
        fresh = digest(imported(tmp_path / f"fresh{number}", pages))
        assert digest(archive) != fresh
        before = rows(archive, "SELECT count(*) FROM revision")
        told = run("reread", "--archive", archive, "--site", "sample", "--json")
        assert told.code == 0, told.err
        assert digest(archive) == fresh
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


def test_what_was_corrected_is_told_by_field_with_examples(tmp_path: Path, pages: Path, run: Run) -> None:
    weak = weak_site(tmp_path, NO_TAKEAWAY)
    archive = imported(tmp_path / "archive", pages, weak)
    # Some builds give it in their embedded state as well, which needs no heading.
    without = rows(archive, "SELECT key FROM articles WHERE takeaway IS NULL")
    assert len(without) > 20
    run("reread", "--archive", archive, "--site", "sample")
    takeaways = rows(
        archive,
        "SELECT c.capture, c.before, c.after, a.takeaway, c.reader_after FROM corrections c "
        "JOIN articles a ON a.key = c.article_key WHERE c.field = 'takeaway'",
    )
    assert len(takeaways) == len(without)
    for _, before, after, takeaway, reader in takeaways:
        assert (before, after) == (None, takeaway)
        assert reader


def test_a_reader_that_does_worse_is_stopped(tmp_path: Path, pages: Path, run: Run) -> None:
    archive = imported(tmp_path / "archive", pages)
    weak = weak_site(tmp_path, NO_FINDINGS)
    before, runs = digest(archive), rows(archive, "SELECT * FROM run")
    told = run("reread", "--archive", archive, "--site", weak)
    assert told.code == 1
    assert "would be lost" in one_line(told.err)
    assert "sections.findings" in told.out
    assert digest(archive) == before
    assert rows(archive, "SELECT * FROM run") == runs
    assert rows(archive, "SELECT * FROM correction") == []
    accepted = run("reread", "--archive", archive, "--site", weak, "--accept-losses")
    assert accepted.code == 0
    assert digest(archive) == digest(imported(tmp_path / "fresh", pages, weak))
    sound(archive)


def test_a_dry_run_reports_and_leaves_every_byte(tmp_path: Path, pages: Path, run: Run) -> None:
    archive = imported(tmp_path / "archive", pages, weak_site(tmp_path, NO_TAKEAWAY))
    before = files(archive)
    dry = run("reread", "--archive", archive, "--site", "sample", "--dry-run", "--json")
    assert dry.code == 0
    assert files(archive) == before
    real = run("reread", "--archive", archive, "--site", "sample", "--json")
    (told,), (done,) = dry.json["sites"], real.json["sites"]
    assert told["run"] is None
    assert (told["corrections"], told["fields"]) == (done["corrections"], done["fields"])
    worse = run("reread", "--archive", archive, "--site", tmp_path / "weak.toml", "--dry-run")
    assert worse.code == 1


def dump(archive: Path) -> list[str]:
    """Every row of every table; a run's times and process can't be equal."""
    connection = sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True)
    try:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        told = []
        for table in sorted(tables):
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
            kept = [
                name for name in columns if table != "run" or name not in ("started_at", "ended_at", "pid")
            ]
            named = ", ".join(f'"{name}"' for name in kept)
            told += [f"{table} {row}" for row in connection.execute(f'SELECT {named} FROM "{table}"')]
        return told
    finally:
        connection.close()


def start_reread(archive: Path, *more: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "crawler.cli", "reread", "--archive", str(archive), "--site", "sample", *more],
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_hash_seed_and_time_zone_make_no_difference(tmp_path: Path, pages: Path) -> None:
    archive = imported(tmp_path / "one", pages, weak_site(tmp_path, NO_TAKEAWAY))
    shutil.copytree(archive, tmp_path / "two")
    for name, seed, zone in (("one", "1", "Pacific/Auckland"), ("two", "77", "America/New_York")):
        process = start_reread(tmp_path / name, PYTHONHASHSEED=seed, TZ=zone)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert dump(tmp_path / "one") == dump(tmp_path / "two")


def test_killed_at_any_instant_the_archive_is_whole_and_the_next_one_finishes(
    tmp_path: Path, pages: Path, run: Run
) -> None:
    archive = imported(tmp_path / "archive", pages, weak_site(tmp_path, NO_TAKEAWAY))
    fresh = digest(imported(tmp_path / "fresh", pages))
    before = digest(archive)
    begin = time.monotonic()
    process = start_reread(tmp_path / shutil.copytree(archive, tmp_path / "timed").name)
    process.communicate(timeout=120)
    whole = time.monotonic() - begin
    for share in (0.5, 0.7, 0.8, 0.9, 0.97):
        process = start_reread(archive)
        time.sleep(whole * share)
        process.kill()
        process.communicate()
        assert digest(archive) in (before, fresh)
        sound(archive)
    assert run("reread", "--archive", archive, "--site", "sample").code == 0
    assert digest(archive) == fresh
    assert not (archive / "rereading").exists()


def test_two_at_once_are_told_apart(tmp_path: Path, pages: Path, run: Run) -> None:
    archive = imported(tmp_path / "archive", pages)
    with open_archive(archive):
        told = run("reread", "--archive", archive, "--all")
    assert told.code == 4
    assert "being written to" in one_line(told.err)


def test_one_article_alone(tmp_path: Path, pages: Path, run: Run) -> None:
    archive = imported(tmp_path / "archive", pages, weak_site(tmp_path, NO_TAKEAWAY))
    with_one = "SELECT key FROM articles WHERE takeaway IS NOT NULL ORDER BY key"
    ((key,), *_) = rows(archive, "SELECT key FROM articles WHERE takeaway IS NULL ORDER BY 1")
    before = rows(archive, with_one)
    told = run("reread", "--archive", archive, "--site", "sample", "--article", key, "--json")
    assert told.code == 0, told.err
    (result,) = told.json["sites"]
    assert 1 <= result["captures"] < 5
    assert rows(archive, with_one) == sorted([*before, (key,)])
    sound(archive)
    nobody = run("reread", "--archive", archive, "--site", "sample", "--article", "nobody")
    assert nobody.code == 1
    assert "nobody" in one_line(nobody.err)
    assert run("reread", "--archive", archive, "--site", "sample").code == 0
    assert digest(archive) == digest(imported(tmp_path / "fresh", pages))


def test_what_was_captured_since_a_day(tmp_path: Path, pages: Path, run: Run) -> None:
    archive = imported(tmp_path / "archive", pages, weak_site(tmp_path, NO_TAKEAWAY))
    later = run("reread", "--archive", archive, "--site", "sample", "--since", "2999-01-01")
    assert later.code == 0
    assert "nothing to do" in later.out
    assert run("reread", "--archive", archive, "--since", "yesterday").code == 2
    assert run("reread", "--archive", archive, "--site", "sample", "--since", "2020-01-01").code == 0
    assert digest(archive) == digest(imported(tmp_path / "fresh", pages))


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


def test_the_same_reader_alters_nothing(tmp_path: Path, crawled: Path, run: Run) -> None:
    archive = Path(shutil.copytree(crawled, tmp_path / "archive"))
    assert rows(archive, "SELECT count(*) FROM capture WHERE kind = 'unchanged'")[0][0] > 20
    assert rows(archive, "SELECT count(*) FROM article_event")[0][0] >= 2
    assert rows(archive, "SELECT max(number) FROM revision")[0][0] == 2
    before, content = [rows(archive, sql) for sql in UNCHANGING], digest(archive)
    told = run("reread", "--archive", archive, "--all", "--json")
    assert told.code == 0, told.err
    (result,) = told.json["sites"]
    assert (result["corrections"], result["new_urls"]) == (0, 0)
    assert digest(archive) == content
    for sql, was in zip(UNCHANGING, before, strict=True):
        assert rows(archive, sql) == was, sql
    sound(archive)


def test_corrections_never_appear_as_changes_of_the_site_s(tmp_path: Path, crawled: Path, run: Run) -> None:
    archive = Path(shutil.copytree(crawled, tmp_path / "archive"))
    weak = weak_site(tmp_path, NO_FINDINGS)
    history = "SELECT article_key, revision, first_seen_at, last_seen_at FROM revisions ORDER BY 1, 2"
    events = "SELECT * FROM article_events ORDER BY 1, 2, 3"
    before = rows(archive, history), rows(archive, events), digest(archive)
    assert run("reread", "--archive", archive, "--site", weak, "--accept-losses").code == 0
    assert rows(archive, events) == before[1]
    assert run("reread", "--archive", archive, "--site", "sample").code == 0
    assert (rows(archive, history), rows(archive, events), digest(archive)) == before
    sound(archive)


def test_a_damaged_record_leaves_its_article_as_it_is_and_is_named(
    tmp_path: Path, pages: Path, run: Run
) -> None:
    archive = imported(tmp_path / "archive", pages, weak_site(tmp_path, NO_TAKEAWAY))
    ((capture, key, name, offset, length),) = rows(
        archive,
        "SELECT c.id, c.article_key, c.warc_file, c.warc_offset, c.warc_length FROM captures c "
        "JOIN articles a ON a.key = c.article_key WHERE a.takeaway IS NULL ORDER BY c.id LIMIT 1",
    )
    path = archive / "captures" / name
    data = bytearray(path.read_bytes())
    data[offset + length // 2] ^= 0xFF
    path.write_bytes(data)
    told = run("reread", "--archive", archive, "--site", "sample")
    assert told.code == 12
    assert f"as they are: {capture} (" in one_line(told.err)
    without = rows(archive, "SELECT key FROM articles WHERE takeaway IS NULL")
    assert (key,) in without
    assert len(without) < 5
    sound(archive)


def test_no_process_outlives_a_reread_that_is_killed(tmp_path: Path, pages: Path) -> None:
    # The workers' own command line names the pipe, not us: they are found by their parent.
    archive = imported(tmp_path / "archive", pages)
    code = (
        "import sys, crawler.reading_workers as w, crawler.rereading as r\n"
        "from pathlib import Path\nw.FEW = 0\n"
        "if __name__ == '__main__':\n"
        "    o = r.RereadOptions(Path(sys.argv[1]), all=True)\n"
        "    r.reread(o, program_version='1', progress=lambda d, t: input())\n"
    )
    script = tmp_path / "held.py"
    script.write_text(code, "utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), str(archive)], env=clean_environment(PYTHONPATH=str(Path.cwd())),
        stdin=subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    children: list[int] = []
    for _ in range(600):
        children = children_of(process.pid)
        if len(children) >= 2:
            break
        time.sleep(0.05)
    assert children
    time.sleep(1)
    process.kill()
    process.communicate()
    for _ in range(600):
        if not any(alive(child) for child in children):
            break
        time.sleep(0.05)
    assert [child for child in children if alive(child)] == []


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
