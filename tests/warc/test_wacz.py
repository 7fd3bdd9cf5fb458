"""`msarchive wacz`, what other tools say of it, and the way back."""

from __future__ import annotations

import gzip
import hashlib
import json
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crawler.samplesite import SampleSite
from storage.archive import open_archive
from storage.wacz.index import surt
from storage.wacz.packing import pack
from tests.cli.conftest import Run, run
from tests.cli.rereads import NO_TAKEAWAY, weak_site
from tests.crawl.crawling import crawl
from tests.crawl.visits import BASE, article_paths, site_pages, visit
from tests.places import Places, database_of, opened, rows
from tests.tools.programs import program
from tests.tools.programs import run as run_program

from .warcs import bring, digest, other, page, response, save

__all__ = ["run"]
CHANGES = ("edit", "move", "remove", "new", "footer")
EVENTS = "SELECT article_id, at, event, status, from_url, to_url FROM article_events ORDER BY 1, 2, 3"
SEEN = "SELECT article_key, revision, first_seen_at, last_seen_at FROM revisions ORDER BY 1, 2"
RUNS = "SELECT kind, started_at, outcome, settings, counts FROM runs WHERE kind <> 'import' ORDER BY id"
CAPTURED = "SELECT url, captured_at, origin, kind, sha256, record_id FROM captures ORDER BY id"
TABLE = "SELECT url, state, reason, told_by, first_heard_at, last_tried_at, etag, due_at FROM urls ORDER BY 1"
CORRECTED = (
    "SELECT x.at, c.record_id, x.field, x.before, x.after, x.reader_before, x.reader_after "
    "FROM corrections x JOIN captures c ON c.id = x.capture ORDER BY 1, 2, 3"
)
QUARANTINED = (
    "SELECT url, captured_at, article_key, fields, held, judged, since FROM quarantined ORDER BY 1, 2"
)
ALARMS = (
    "SELECT field, layout, raised_at, lost, pages, since_url, since_at, instead, cleared_at, cleared_why "
    "FROM alarms ORDER BY 1"
)
COVERAGE = (
    "SELECT n.started_at, layout, field, pages, shown, lacking, lost FROM field_coverage "
    "JOIN runs n ON n.id = run ORDER BY 1, 2, 3"
)
EVERYTHING = (EVENTS, SEEN, RUNS, CAPTURED, TABLE)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site's archive after several visits, between which it changed in every way."""
    folder = tmp_path_factory.mktemp("crawled") / "archive"
    with SampleSite() as site:
        assert crawl(folder, site.base_url).code == 0
        for change in CHANGES:
            site.apply(change)
            assert crawl(folder, site.base_url, refresh="all").code == 0
    return folder


def packed(archive: Path, path: Path, **options: Any) -> Path:
    with opened(archive, read_only=True) as found:
        pack(found, path, program_version="1", **options)
    return path


def base_of(archive: Path) -> str:
    (url,) = rows(archive, "SELECT url FROM urls WHERE kind = 'robots'")[0]
    return str(url).removesuffix("/robots.txt")


@pytest.mark.usefixtures("both")
def test_into_an_empty_archive_it_is_the_same_archive_again(archive: Path, tmp_path: Path) -> None:
    file = packed(archive, tmp_path / "all.wacz")
    result = bring(tmp_path / "again", file, base="http://127.0.0.1:1")  # the file says where it lay
    assert not result.warcs[0].damage
    assert digest(tmp_path / "again") == digest(archive)
    for question in EVERYTHING:
        assert rows(tmp_path / "again", question) == rows(archive, question), question
    assert {kind for _, _, kind, *_ in rows(archive, EVENTS)} >= {"gone", "moved"}


def test_what_rereads_corrected_comes_along(run: Run, both: Places, archive: Path, tmp_path: Path) -> None:
    read_twice = both.copy(archive, tmp_path / "read-twice")
    weak = weak_site(tmp_path, NO_TAKEAWAY)
    assert run("reread", "--archive", read_twice, "--site", weak, "--accept-losses").code == 0
    assert run("reread", "--archive", read_twice, "--site", "sample").code == 0
    again, file = tmp_path / "again", packed(read_twice, tmp_path / "all.wacz")
    for _ in range(2):  # once more brings nothing twice
        bring(again, file, base="http://127.0.0.1:1")
        assert rows(again, CORRECTED) == rows(read_twice, CORRECTED)
    assert {field for _, _, field, *_ in rows(again, CORRECTED)} >= {"takeaway"}
    assert digest(again) == digest(read_twice) == digest(archive)


def test_the_same_archive_packs_to_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    one, two = (packed(archive, tmp_path / name).read_bytes() for name in ("one.wacz", "two.wacz"))
    assert one == two


@pytest.mark.usefixtures("both")
def test_packed_again_after_the_way_back_the_records_are_the_same(archive: Path, tmp_path: Path) -> None:
    bring(tmp_path / "again", packed(archive, tmp_path / "1.wacz"), base="http://127.0.0.1:1")
    packed(tmp_path / "again", tmp_path / "2.wacz")
    first, second = zipfile.ZipFile(tmp_path / "1.wacz"), zipfile.ZipFile(tmp_path / "2.wacz")
    for name in ("articles", "revisions", "revision_changes", "article_cards", "url_table"):
        member = f"records/{name}.jsonl"
        assert second.read(member) == first.read(member), name


@pytest.mark.usefixtures("both")
def test_interrupted_it_is_gone_on_with(archive: Path, tmp_path: Path) -> None:
    file = packed(archive, tmp_path / "all.wacz")
    program_text = (
        "import sys\nfrom pathlib import Path\nfrom tests.warc.warcs import bring\n"
        "archive, file, database = sys.argv[1:]\n"
        "bring(Path(archive), Path(file), base='http://127.0.0.1:1', database=database or None)\n"
    )
    again, killed = tmp_path / "again", 0
    for captures in (3, 40, 100):
        process = subprocess.Popen(
            [sys.executable, "-c", program_text, str(again), str(file), database_of(again) or ""],
            cwd=Path(__file__).parents[2],
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None and _captures(again) < captures:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    assert killed
    bring(again, file, base="http://127.0.0.1:1")
    assert digest(again) == digest(archive)
    for question in EVERYTHING:
        assert rows(again, question) == rows(archive, question), question


def _captures(archive: Path) -> int:
    try:
        return int(rows(archive, "SELECT count(*) FROM capture")[0][0])
    except Exception:  # not made yet
        return 0


@pytest.mark.usefixtures("both")
def test_damage_in_a_package_costs_what_it_struck(tmp_path: Path) -> None:
    addresses = [other(one) for one in ("aA1bB2", "cC3dD4", "eE5fF6")]
    made = save(tmp_path / "x.warc.gz", *(response(url, page(url, url=url)) for url in addresses))
    bring(tmp_path / "first", made)
    data = bytearray(packed(tmp_path / "first", tmp_path / "good.wacz").read_bytes())
    name, offset, length = rows(
        tmp_path / "first",
        "SELECT warc_file, warc_offset, warc_length FROM captures ORDER BY id LIMIT 1 OFFSET 1",
    )[0]
    start = data.index((tmp_path / "first" / "captures" / name).read_bytes())
    data[start + offset + length // 2] ^= 0x55
    (tmp_path / "bad.wacz").write_bytes(data)
    result = bring(tmp_path / "again", tmp_path / "bad.wacz")
    assert len(result.warcs[0].damage) >= 1
    kept = rows(tmp_path / "again", "SELECT url FROM captures ORDER BY id")
    assert kept == [(addresses[0],), (addresses[2],)]
    states = "SELECT url, state FROM urls ORDER BY url"
    struck = (addresses[1], "waiting")  # it is not here, and the site can be asked for it
    assert rows(tmp_path / "again", states) == [
        struck if row[0] == addresses[1] else row for row in rows(tmp_path / "first", states)
    ]


@pytest.mark.usefixtures("both")
def test_into_an_archive_with_a_history_of_its_own_captures_are_added(archive: Path, tmp_path: Path) -> None:
    base = base_of(archive)
    own = save(
        tmp_path / "own.warc.gz", response(f"{base}/news/view/our-own-zZ9yY8", date="2026-01-01T00:00:00Z")
    )
    bring(tmp_path / "a", own, base=base)
    bring(tmp_path / "a", packed(archive, tmp_path / "all.wacz"), base=base)
    count = "SELECT count(*) FROM captures"
    assert rows(tmp_path / "a", count)[0][0] == rows(archive, count)[0][0] + 1
    assert rows(tmp_path / "a", SEEN + " LIMIT 20") != []
    assert rows(tmp_path / "a", "SELECT DISTINCT origin FROM captures") == [("import",)]
    before = digest(tmp_path / "a")
    bring(tmp_path / "a", tmp_path / "all.wacz", base=base)
    assert digest(tmp_path / "a") == before


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("part", ["run", "since"])
def test_a_part_has_all_that_it_refers_to(archive: Path, tmp_path: Path, part: str) -> None:
    last, started = rows(archive, "SELECT id, started_at FROM runs ORDER BY id DESC LIMIT 1")[0]
    file = packed(archive, tmp_path / "part.wacz", **{part: last if part == "run" else started})
    names = zipfile.ZipFile(file).namelist()
    assert "records/url_table.jsonl" not in names
    assert all(name.startswith("archive/part-of-") for name in names if name.startswith("archive/"))
    result = bring(tmp_path / "a", file, base="http://127.0.0.1:1")
    assert not result.warcs[0].damage
    assert not result.warcs[0].skipped
    chosen = "SELECT url, kind, captured_at, sha256 FROM captures WHERE run = {} ORDER BY id"
    restored = rows(tmp_path / "a", f"SELECT id FROM runs WHERE started_at = '{started}'")[0][0]
    assert rows(tmp_path / "a", chosen.format(restored)) == rows(archive, chosen.format(last))
    current = "SELECT id, title, takeaway, credibility, journal, topics FROM articles ORDER BY id"
    assert set(rows(tmp_path / "a", current)) <= set(rows(archive, current))


@pytest.mark.parametrize("part", [{}, {"run": 2}, {"since": "2026-01-01T00:00:00.000Z"}])
def test_wacz_validate_accepts_it(archive: Path, tmp_path: Path, part: dict[str, Any]) -> None:
    checker = program("wacz", "wacz")
    checked = run_program(checker, "validate", "-f", packed(archive, tmp_path / "x.wacz", **part))
    assert checked.returncode == 0, checked.stdout
    assert "is valid" in checked.stdout


@pytest.mark.parametrize("part", [{}, {"run": 2}])
def test_its_index_is_the_one_that_cdxj_indexer_makes(
    archive: Path, tmp_path: Path, part: dict[str, Any]
) -> None:
    indexer = program("warc", "cdxj-indexer")
    with zipfile.ZipFile(packed(archive, tmp_path / "x.wacz", **part)) as package:
        package.extractall(tmp_path / "x")
    warcs = sorted((tmp_path / "x" / "archive").iterdir())
    made = run_program(indexer, "--sort", *warcs)
    assert made.returncode == 0, made.stderr
    ours = gzip.decompress((tmp_path / "x" / "indexes" / "index.cdx.gz").read_bytes()).decode().splitlines()
    places = ("url", "status", "offset", "length", "filename", "digest", "mime")
    assert sorted(_places(line, places) for line in ours) == sorted(
        # What the site said with a 304 is metadata about a record, not about an address.
        _places(line, places)
        for line in made.stdout.splitlines()
        if not line.startswith("urn:")
    )
    assert ours == sorted(ours)


def _places(line: str, names: tuple[str, ...]) -> tuple[str, ...]:
    key, at, fields = line.split(" ", 2)
    told = json.loads(fields)
    return (key, at, *(str(told.get(name)) for name in names))


def test_blocks_of_the_index_are_where_their_index_says(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed(archive, tmp_path / "x.wacz")) as package:
        data, heads = package.read("indexes/index.cdx.gz"), package.read("indexes/index.idx").decode()
    for line in heads.splitlines()[1:]:
        key, _, fields = line.partition("{")
        place = json.loads("{" + fields)
        block = data[place["offset"] : place["offset"] + place["length"]]
        assert gzip.decompress(block).decode().startswith(key.strip())
        assert place["digest"] == f"sha256:{hashlib.sha256(block).hexdigest()}"


def test_every_page_is_in_the_index(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed(archive, tmp_path / "x.wacz")) as package:
        index = gzip.decompress(package.read("indexes/index.cdx.gz")).decode()
        head, *pages = [json.loads(line) for line in package.read("pages/pages.jsonl").splitlines()]
    assert head["format"] == "json-pages-1.0"
    known = {" ".join(line.split(" ", 2)[:2]) for line in index.splitlines()}
    assert pages
    for one in pages:
        assert f"{surt(one['url'])} {one['ts'][:19].translate(str.maketrans('', '', '-T:'))}" in known
    assert len({one["id"] for one in pages}) == len(pages)


def test_records_are_as_their_schemas_say(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed(archive, tmp_path / "x.wacz")) as package:
        names = [name for name in package.namelist() if name.endswith(".schema.json")]
        assert "records/articles.schema.json" in names
        for name in names:
            validator = Draft202012Validator(json.loads(package.read(name)))
            for line in package.read(name.replace(".schema.json", ".jsonl")).splitlines():
                validator.validate(json.loads(line))


def test_addresses_sort_as_replay_looks_them_up() -> None:
    assert surt("https://www.Example.org/A/b?z=1&a=2") == "org,example)/a/b?a=2&z=1"
    assert surt("http://example.org:8080") == "org,example:8080)/"
    assert surt("https://example.org:443/x?y") == "org,example)/x?y"
    assert surt("file:///a b") == "file:///a%20b"
    assert surt("http://[broken/") == "http://[broken/"


def test_it_is_not_overwritten_unless_asked_to(run: Run, archive: Path) -> None:
    assert run("wacz", "-o", "x.wacz", "--archive", archive).code == 0
    ran = run("wacz", "-o", "x.wacz", "--archive", archive)
    assert ran.code == 2
    assert "--force" in ran.err
    assert run("wacz", "-o", "x.wacz", "--archive", archive, "--force", "--json").json["whole"] is True
    assert [path.name for path in Path().iterdir()] == ["x.wacz"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--run", "999"), "run 999"), (("--since", "2999-01-01"), "2999"), (("--since", "soon"), "soon")],
)
def test_nothing_to_pack_is_one_line(run: Run, archive: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = run("wacz", "-o", "x.wacz", "--archive", archive, *arguments)
    assert ran.code in (1, 2)
    assert said in ran.err
    assert not list(Path().iterdir())


def test_an_empty_archive_has_nothing_to_pack(run: Run) -> None:
    with open_archive(Path("archive"), create=True):
        pass
    ran = run("wacz", "-o", "x.wacz")
    assert ran.code == 1
    assert "empty" in ran.err
    assert not Path("x.wacz").exists()


def test_a_file_that_is_missing_is_said_and_nothing_written(run: Run) -> None:
    bring(Path("archive"), save(Path("one.warc.gz"), response()))
    for path in Path("archive/captures").iterdir():
        path.unlink()
    ran = run("wacz", "-o", "x.wacz")
    assert ran.code == 12
    assert "missing" in ran.err
    assert not list(Path().glob("*x.wacz*"))


def test_records_that_are_not_ours_are_refused_in_one_line(run: Run, archive: Path, tmp_path: Path) -> None:
    file = packed(archive, tmp_path / "good.wacz")
    with zipfile.ZipFile(file) as good, zipfile.ZipFile(tmp_path / "bad.wacz", "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name) if name != "records/runs.jsonl" else b'{"id": "x"}\n')
    ran = run("import", tmp_path / "bad.wacz", "--archive", tmp_path / "a")
    assert ran.code == 1
    assert "not as msarchive writes them" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose site has changed: readings wait, an alarm stands, another was cleared."""
    folder = tmp_path_factory.mktemp("changed") / "archive"
    assert visit(folder, site_pages(), day=1).exit_code == 0
    assert visit(folder, site_pages(article_paths(), "takeaway-renamed"), day=8).exit_code == 11
    assert visit(folder, site_pages(), day=15).exit_code == 0
    assert visit(folder, site_pages(article_paths(), "findings-renamed"), day=22).exit_code == 11
    return folder


@pytest.mark.usefixtures("both")
def test_what_waits_in_quarantine_waits_again(changed: Path, tmp_path: Path) -> None:
    again, file = tmp_path / "again", packed(changed, tmp_path / "all.wacz")
    for _ in range(2):  # once more brings nothing twice
        bring(again, file, base=BASE)
        assert digest(again) == digest(changed)
        for question in (QUARANTINED, ALARMS, COVERAGE, *EVERYTHING):
            assert rows(again, question) == rows(changed, question), question
    assert {held for *_, held, _, _ in rows(again, QUARANTINED)} == {1}
    assert {(field, why is None) for field, *_, why in rows(again, ALARMS)} == {
        ("sections.findings", True),
        ("takeaway", False),
    }


def test_the_archive_made_again_goes_on_as_the_first_would(
    both: Places, changed: Path, tmp_path: Path
) -> None:
    again, first = tmp_path / "again", both.copy(changed, tmp_path / "first")
    bring(again, packed(changed, tmp_path / "all.wacz"), base=BASE)
    for archive in (again, first):
        assert visit(archive, site_pages(), day=29).exit_code == 0
    assert digest(again) == digest(first)
    assert rows(again, "SELECT count(*) FROM alarms WHERE cleared_at IS NULL") == [(0,)]


@pytest.mark.usefixtures("both")
def test_what_was_let_go_after_the_import_stays_so(run: Run, changed: Path, tmp_path: Path) -> None:
    again, file = tmp_path / "again", packed(changed, tmp_path / "all.wacz")
    bring(again, file, base=BASE)
    assert run("reread", "--archive", again, "--site", "sample", "--accept-losses").code == 0
    settled = rows(again, QUARANTINED)
    bring(again, file, base=BASE)
    assert rows(again, QUARANTINED) == settled
