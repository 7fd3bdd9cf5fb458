"""`msarchive import --database`: packages, exports and saved pages come to the same rows as in SQLite."""

from __future__ import annotations

from pathlib import Path

from crawler.samplesite import SampleSite
from tests.cli.conftest import Run, one_line
from tests.database.rows import all_rows
from tests.postgresql import Server


def imported(run: Run, server: Server, path: Path) -> dict[str, list[dict[str, object]]]:
    """The rows of all tables after an import, twice over, once they are seen to be the same in both."""
    url = server.new()
    for _ in range(2):
        for where in (("--archive", "here"), ("--archive", "there", "--database", url)):
            done = run("import", path, "--site", "sample", *where)
            assert done.code == 0, done.err
        here, there = all_rows(Path("here")), all_rows(Path("there"), url)
        for table, rows in here.items():
            assert there[table] == rows, table
    return here


def test_a_package(run: Run, server: Server, crawled: Path, tmp_path: Path) -> None:
    assert run("wacz", "--archive", crawled, "-o", "packed.wacz").code == 0
    rows = imported(run, server, tmp_path / "packed.wacz")
    assert len(rows["article"]) > 60
    assert all(rows[table] for table in ("alarm", "quarantine", "article_event", "url_source"))


def test_an_export(run: Run, server: Server, crawled: Path, tmp_path: Path) -> None:
    assert run("export", "csv", "--history", "--archive", crawled, "-o", "tables").code == 0
    assert len(imported(run, server, tmp_path / "tables")["article"]) > 60


def test_saved_pages(run: Run, server: Server, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    with SampleSite() as site:
        saved = [page for path, page in sorted(site.pages.items()) if path.startswith("/news/view/")][:12]
    for number, page in enumerate(saved):
        (pages / f"{number}.html").write_bytes(page.body)
    (pages / "text.txt").write_text("Key Takeaway\nA text without an address.\n", "utf-8")
    assert len(imported(run, server, pages)["article"]) > 5


def test_a_package_that_is_none_of_ours_is_one_line(run: Run, server: Server, tmp_path: Path) -> None:
    (tmp_path / "broken.wacz").write_bytes(b"PK\x03\x04 and no more")
    ran = run("import", "broken.wacz", "--database", server.new())
    assert ran.code != 0
    assert one_line(ran.err)
