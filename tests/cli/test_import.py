"""`msarchive import`: what files come to, and that nothing is lost or counted twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crawler.exits import ExitCode
from crawler.importing import Outcome
from crawler.samplesite import truth
from tests import places

from .archives import import_pages, save_pages
from .conftest import Run, one_line

pytestmark = pytest.mark.usefixtures("both")

TEXT = """{title}Key Takeaway
Walking every day helped people with MS to sleep better.
What They Found
Forty people walked for half an hour a day. After a month they slept an hour longer.
Who Should Care and Why
Everybody who can walk may try it, and those who care for them may come along.
Important Considerations
It was a small study, and nobody checked what else they did.
"""
HTML = """<!doctype html><html><head>{head}</head><body><main><h1>A walk a day</h1>
<h2>Key Takeaway</h2><p>Walking every day helped people with MS to sleep better.</p>
<h2>What They Found</h2>
<p>Forty people walked for half an hour a day. After a month they slept an hour longer.</p>
<h2>Who Should Care and Why</h2>
<p>Everybody who can walk may try it, and those who care for them may come along.</p>
<h2>Important Considerations</h2><p>It was a small study, and nobody checked what else they did.</p>
</main></body></html>"""
ADDRESS = "https://mymsbuddy.com/news/view/a-walk-a-day-aB3dE6"
CANONICAL = f'<link rel="canonical" href="{ADDRESS}">'


def write(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(sql: str, archive: str = "archive") -> list[tuple[Any, ...]]:
    return places.rows(Path(archive), sql)


def outcomes(run: Run, *arguments: str | Path) -> dict[str, str]:
    value = run("import", "--json", *arguments).json
    return {Path(file["path"]).name: file["outcome"] for file in value["files"]}


def test_a_saved_page_and_a_text_capture(run: Run) -> None:
    ran = run(
        "import", write("a/page.html", HTML.format(head=CANONICAL)), write("a/other.txt", "A note.\n" * 30)
    )
    assert ran.code == 0, ran.err
    assert "new article" in ran.out
    assert rows("SELECT id, url, title FROM articles") == [("aB3dE6", ADDRESS, "A walk a day")]
    assert rows("SELECT kind, outcome FROM runs") == [("import", "complete")]


def test_the_same_file_twice_adds_captures_and_nothing_else(run: Run) -> None:
    page = write("page.html", HTML.format(head=CANONICAL))
    run("import", page)
    before = [
        rows(f"SELECT count(*) FROM {view}") for view in ("articles", "revision", "article_sections", "urls")
    ]
    assert outcomes(run, page) == {"page.html": "unchanged"}
    after = [
        rows(f"SELECT count(*) FROM {view}") for view in ("articles", "revision", "article_sections", "urls")
    ]
    assert before == after
    assert rows("SELECT count(*) FROM captures") == [(2,)]


@pytest.mark.parametrize("first", ["text", "html"])
def test_a_capture_without_address_is_joined_whichever_comes_first(run: Run, first: str) -> None:
    text = write("capture.txt", TEXT.format(title="A walk a day\nA walk a day\n"))
    page = write("page.html", HTML.format(head=CANONICAL))
    order = (text, page) if first == "text" else (page, text)
    last = [outcomes(run, path) for path in order][-1]
    if first == "html":
        assert last == {"capture.txt": "joined"}
    assert rows("SELECT id, title, revisions FROM articles") == [("aB3dE6", "A walk a day", 1)]
    assert rows("SELECT count(*) FROM captures") == [(2,)]


def test_a_changed_page_is_a_new_revision(run: Run) -> None:
    run("import", write("page.html", HTML.format(head=CANONICAL)))
    changed = HTML.format(head=CANONICAL).replace("an hour longer", "two hours longer")
    assert outcomes(run, write("page.html", changed)) == {"page.html": "new revision"}
    assert rows("SELECT revisions FROM articles") == [(2,)]


@pytest.mark.parametrize(
    "head",
    [
        CANONICAL,
        f"<meta property='og:url' content='{ADDRESS}'>",
        f"<!-- saved from url=(0050){ADDRESS} -->",
        f"<!-- saved from url=(0099)https://web.archive.org/web/20260301000000/{ADDRESS} -->",
    ],
)
def test_a_page_tells_its_own_address(run: Run, head: str) -> None:
    run("import", write("page.html", HTML.format(head=head)))
    assert rows("SELECT id, url FROM articles") == [("aB3dE6", ADDRESS)]
    assert ("import",) in rows("SELECT via FROM url_source")


def test_the_address_can_be_given(run: Run) -> None:
    page = write("page.html", HTML.format(head=""))
    assert run("import", page, "--url", ADDRESS + "/?utm_source=x").code == 0
    assert rows("SELECT id, url FROM articles") == [("aB3dE6", ADDRESS)]


def test_a_copy_of_the_site_on_this_machine_counts_as_the_site(run: Run) -> None:
    url = "http://127.0.0.1:8099/news/view/a-walk-a-day-aB3dE6"
    assert run("import", "--site", "sample", write("page.html", HTML.format(head="")), "--url", url).code == 0
    assert rows("SELECT id, url FROM articles") == [("aB3dE6", url)]


@pytest.mark.parametrize("url", ["https://example.org/news/view/a-walk-a-day-aB3dE6", "ftp://x/", "nonsense"])
def test_an_address_of_another_site_is_refused(run: Run, url: str) -> None:
    ran = run("import", write("page.html", HTML.format(head="")), "--url", url)
    assert ran.code == ExitCode.USAGE
    one_line(ran.err)
    assert not Path("archive").exists()


def test_one_address_is_for_one_file(run: Run) -> None:
    pages = [write(name, HTML.format(head="")) for name in ("a.html", "b.html")]
    ran = run("import", *pages, "--url", ADDRESS)
    assert ran.code == ExitCode.USAGE
    one_line(ran.err)


def test_what_is_no_page_is_named_and_the_rest_imported(run: Run) -> None:
    page = write("page.html", HTML.format(head=CANONICAL))
    picture = write("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    empty = write("empty.html", b"")
    ran = run("import", picture, "missing.html", empty, page)
    assert ran.code == ExitCode.ERROR
    assert [line.split(": ")[2] for line in ran.err.splitlines()] == [
        "picture.png",
        "missing.html",
        "empty.html",
    ]
    assert rows("SELECT id FROM articles") == [("aB3dE6",)]
    assert rows("SELECT count(*) FROM captures") == [(1,)]


@pytest.mark.parametrize("name", ["picture.png", "missing.html", "empty-folder"])
def test_without_any_page_no_archive_is_made(run: Run, name: str) -> None:
    write("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    Path("empty-folder").mkdir()
    ran = run("import", name)
    assert ran.code == ExitCode.ERROR
    assert "nothing is imported" in one_line(ran.err)
    assert not Path("archive").exists()


def test_folders_are_taken_whole_but_for_hidden_files_and_what_browsers_save_beside_pages(run: Run) -> None:
    write("saved/page.html", HTML.format(head=CANONICAL))
    write("saved/page_files/style.css", "p {}")
    write("saved/page_files/logo.png", b"\x89PNG\r\n\x1a\n")
    write("saved/deep/er/capture", TEXT.format(title=""))
    write("saved/.hidden.html", HTML.format(head=""))
    write("saved/.git/page.html", HTML.format(head=""))
    ran = run("import", "saved", "--json")
    assert ran.code == 0
    assert [Path(file["path"]).name for file in ran.json["files"]] == ["page.html", "capture"]
    assert [Path(path).name for path in ran.json["passed_over"]] == ["logo.png", "style.css"]


def test_pages_in_other_encodings(run: Run) -> None:
    for name, encoding in (("utf16", "utf-16"), ("utf16le", "utf-16-le"), ("latin", "latin-1")):
        head = CANONICAL.replace("aB3dE6", f"{name:X<6}"[:6])
        page = HTML.format(head=head).replace("A walk a day", "Un café par jour")
        write(f"pages/{name}.html", page.encode(encoding))
    assert set(outcomes(run, "pages").values()) == {"new article"}
    assert rows("SELECT DISTINCT title FROM articles") == [("Un café par jour",)]


def test_other_pages_and_unreadable_ones_keep_their_capture(run: Run) -> None:
    write(
        "pages/privacy.html",
        "<html><body><h1>Privacy</h1><p>We keep nothing about you at all.</p></body></html>",
    )
    write("pages/shell.html", "<html><body><div id=root></div><script src=app.js></script></body></html>")
    came = outcomes(run, "pages")
    assert came == {"privacy.html": Outcome.OTHER, "shell.html": Outcome.UNREADABLE}
    assert rows("SELECT count(*) FROM captures WHERE reason IS NOT NULL") == [(2,)]
    assert rows("SELECT count(*) FROM articles") == [(0,)]


def test_a_file_name_that_is_no_text(run: Run) -> None:
    page = os.fsdecode(b"caf\xe9.html")
    Path(page).write_text(HTML.format(head=CANONICAL))
    for arguments in (("import", page), ("import", page, "--json"), ("show", "aB3dE6")):
        ran = run(*arguments)
        assert ran.code == 0, ran.err
    assert rows("SELECT DISTINCT file_name FROM captures") == [("caf\\udce9.html",)]


def test_an_archive_that_is_being_written_to_is_busy(run: Run) -> None:
    page = write("page.html", HTML.format(head=CANONICAL))
    with places.opened(Path("archive"), create=True):
        ran = run("import", page)
    assert ran.code == ExitCode.BUSY
    assert f"process {os.getpid()}" in one_line(ran.err)
    assert run("import", page).code == 0


def test_a_folder_that_cannot_be_written_is_storage(run: Run) -> None:
    Path("archive").write_text("in the way")
    ran = run("import", write("page.html", HTML.format(head=CANONICAL)))
    assert ran.code in (ExitCode.USAGE, ExitCode.STORAGE)
    one_line(ran.err)


def test_the_sample_sites_pages_read_as_the_site_promises(tmp_path: Path) -> None:
    result = import_pages(tmp_path / "archive", save_pages(tmp_path / "pages"))
    assert result.count(Outcome.NEW) == len(truth())
    found = dict(rows("SELECT id, title FROM articles", str(tmp_path / "archive")))
    assert found == {article.id: article.title for article in truth()}


@pytest.mark.sqlite("tests/database/test_faults.py kills, at other instants, what writes to PostgreSQL")
def test_killed_at_any_moment_an_import_can_simply_be_run_again(tmp_path: Path) -> None:
    pages = save_pages(tmp_path / "pages")
    import_pages(tmp_path / "whole", pages)
    program = (
        "import sys\nfrom pathlib import Path\nfrom tests.cli.archives import import_pages\n"
        "import_pages(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    killed = 0
    for wait in (0.02, 0.1, 0.25):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "killed"), str(pages)],
            cwd=Path(__file__).parents[2],
        )
        deadline = time.monotonic() + 20
        while not (tmp_path / "killed" / "archive.db").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    assert killed
    import_pages(tmp_path / "killed", pages)
    assert places.content(tmp_path / "killed") == places.content(tmp_path / "whole")
    reasons = rows("SELECT outcome, reason FROM runs ORDER BY id", str(tmp_path / "killed"))
    assert reasons[-1][0] == "complete"
    assert {outcome for outcome, _ in reasons[:-1]} <= {"killed"}
