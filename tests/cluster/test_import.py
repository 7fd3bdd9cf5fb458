"""`msarchive import` of WARC files by several workers, here or on a cluster, from disk or from an address."""

from __future__ import annotations

import gzip
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crawler import __version__
from crawler.exits import ExitCode, UserError
from crawler.importing import ImportResult, import_files
from crawler.warc_import import WarcOutcome
from crawler.warc_sources import Address, place
from spiders.sites import load_profile
from storage.archive import open_archive
from storage.compare import archive_digest
from tests.cli.conftest import Run, one_line
from tests.cli.conftest import run as run
from tests.cluster.cluster import Cluster
from tests.cluster.serving import serving
from tests.crawl.crawling import CHECKOUT, clean_environment
from tests.places import sound
from tests.warc.warcs import EVENING, IDENTICAL, MORNING, NOON, http, info, other, page, record, response

CAPTURES = (
    "SELECT c.id, c.url, c.captured_at, c.kind, c.record_type, c.sha256, c.size, c.article_key, c.revision "
    "FROM captures c ORDER BY c.id"
)


def made(folder: Path) -> list[Path]:
    """Four files as crawlers write them: visits of one site, other sites' pages between them, revisits of
    what lies in another file, one file cut off, one damaged, one in a single stream."""
    noise, paths = random.Random(5), []
    folder.mkdir()
    for number in range(4):
        date, records = (MORNING, NOON, EVENING, "2026-03-04T08:00:00Z")[number], [info()]
        for article in range(25):
            url = other(f"{chr(97 + article)}B3dE6")
            slept = "an hour" if article % 3 else f"{number + 2} hours"
            body = page(f"Walk {article}", url=url, slept=slept)
            records.append(record("request", url, b"GET / HTTP/1.1\r\n\r\n", date=date))
            if number and article % 3 == 1:
                records.append(
                    record(
                        "revisit", url, http(body).partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
                        f"WARC-Profile: {IDENTICAL}", f"WARC-Refers-To-Target-URI: {url}",
                        f"WARC-Refers-To-Date: {MORNING}", date=date,
                    )
                )  # fmt: skip
            else:
                records.append(response(url, body, date=date))
            away = f"https://example.org/{number}/{article}"
            records.append(response(away, noise.randbytes(700), date=date))
        data = b"".join(gzip.compress(one, mtime=0) for one in records)
        if number == 1:
            data = data[:-50]
        elif number == 2:
            data = data[:9_000] + bytes([data[9_000] ^ 0xFF]) + data[9_001:]
        elif number == 3:
            data = gzip.compress(b"".join(records), mtime=0)
        paths.append(folder / f"visit{number}.warc.gz")
        paths[-1].write_bytes(data)
    return paths


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return made(tmp_path_factory.mktemp("files") / "crawl")


@pytest.fixture(scope="module")
def expected(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive as one process makes it, each file read in one go."""
    archive = tmp_path_factory.mktemp("expected") / "archive"
    bring(archive, *files, workers=1)
    return archive


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch, expected: Path) -> None:
    monkeypatch.setattr("crawler.warc_pieces.PIECE", 4_000)
    monkeypatch.setattr("crawler.reading_workers.FEW", 0)


def bring(archive: Path, *paths: Path | Address, **options: Any) -> ImportResult:
    return import_files(
        paths, directory=archive, profile=load_profile("mymsbuddy"), program_version=__version__, **options
    )


def same(archive: Path, expected: Path) -> None:
    with open_archive(archive, read_only=True) as one, open_archive(expected, read_only=True) as two:
        assert archive_digest(one) == archive_digest(two)
        with one.engine.connect() as mine, two.engine.connect() as theirs:
            captures = mine.exec_driver_sql(CAPTURES).all()
            assert captures == theirs.exec_driver_sql(CAPTURES).all()
    assert len(captures) > 80
    sound(archive)


def counted(result: ImportResult) -> list[tuple[Any, ...]]:
    return [(one.path.name, one.counts, one.skipped, one.damage) for one in result.warcs]


def test_many_workers_make_the_archive_that_one_makes(
    cluster: Cluster, files: list[Path], expected: Path, tmp_path: Path
) -> None:
    alone = counted(bring(tmp_path / "alone", *files, workers=1))
    assert [bool(damage) for *_, damage in alone] == [False, True, True, False]
    assert counted(bring(tmp_path / "together", *files, workers=2)) == alone
    assert counted(bring(tmp_path / "cluster", *files, dask=cluster.address)) == alone
    for name in ("alone", "together", "cluster"):
        same(tmp_path / name, expected)


def test_a_worker_that_is_killed_on_the_way_costs_nothing(
    own_workers: Cluster, files: list[Path], expected: Path, tmp_path: Path
) -> None:
    first, second = own_workers.start(2)
    own_workers.ready(2)
    heard: list[int] = []

    def stopping(outcome: WarcOutcome) -> None:
        heard.append(1)
        if len(heard) == 20:
            first.send_signal(signal.SIGSTOP)  # what it has by now, and is given from here on, it never does

    with own_workers.killed_when_stuck(first, heard):
        bring(tmp_path / "archive", *files, dask=own_workers.address, progress=stopping)
    assert second.poll() is None
    same(tmp_path / "archive", expected)


def test_without_any_worker_left_what_was_written_stays_and_the_next_one_goes_on(
    own_workers: Cluster, files: list[Path], expected: Path, tmp_path: Path
) -> None:
    own_workers.start()
    own_workers.ready(1)
    heard: list[int] = []

    def lost(outcome: WarcOutcome) -> None:
        heard.append(1)
        if len(heard) == 20:
            own_workers.kill_workers()

    begin = time.monotonic()
    with pytest.raises(UserError, match=r"has had no worker for 1 s") as ended:
        bring(tmp_path / "archive", *files, dask=own_workers.address, dask_wait=1, progress=lost)
    assert ended.value.code == ExitCode.NO_CONNECTION
    assert time.monotonic() - begin > 1
    with open_archive(tmp_path / "archive", read_only=True) as opened, opened.engine.connect() as connection:
        (outcome, captures) = connection.exec_driver_sql(
            "SELECT outcome, (SELECT count(*) FROM captures) FROM runs"
        ).one()
    assert outcome == "failed"
    assert 0 < captures < 100
    bring(tmp_path / "archive", *files, workers=1)
    same(tmp_path / "archive", expected)


def at(folder: str, files: list[Path]) -> list[Path | Address]:
    return [place(f"{folder}/{path.name}") for path in files]


def test_files_at_addresses(cluster: Cluster, files: list[Path], expected: Path, tmp_path: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for path in files:
        memory.pipe_file(f"/crawl/{path.name}", path.read_bytes())
    with serving() as served, serving(parts=False) as simple:
        for path in files:
            served.files[f"/crawl/{path.name}"] = simple.files[f"/crawl/{path.name}"] = path.read_bytes()
        folders = {
            "memory": "memory://crawl", "disk": f"file://{files[0].parent}", "server": f"{served.base}/crawl",
            "simple": f"{simple.base}/crawl",
        }  # fmt: skip
        for name, folder in folders.items():
            bring(tmp_path / name, *at(folder, files), workers=2)
            same(tmp_path / name, expected)
    bring(tmp_path / "all", place("memory://crawl/visit*.warc.gz"), dask=cluster.address)
    same(tmp_path / "all", expected)


def test_workers_fetch_from_servers_by_themselves(
    cluster: Cluster, files: list[Path], expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[int] = []
    really = Address.part

    def noted(self: Address, at: int, length: int) -> bytes:
        here.append(length)
        return really(self, at, length)

    monkeypatch.setattr(Address, "part", noted)
    with serving() as served:
        for path in files:
            served.files[f"/{path.name}"] = path.read_bytes()
        bring(tmp_path / "archive", *at(served.base, files), dask=cluster.address)
        parts = [asked for asked in served.asked if asked]
    same(tmp_path / "archive", expected)
    assert sum(here) < 100  # only how each of them begins
    assert len(parts) > 20


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("memory://none/x.warc.gz", 1, "memory://none/x.warc.gz: no such file"),
        ("memory://none/*.warc.gz", 1, "no files there"),
        ("nosuch://place/x.warc.gz", 2, "nosuch"),
        ("memory://some/page.html", 1, "no WARC file"),
        ("memory://some/pack.wacz", 1, "copy it here"),
        (
            "http://user:secret@127.0.0.1:9/x.warc.gz?t=secret",
            10,
            "http://127.0.0.1:9/x.warc.gz can't be",
        ),
    ],
)
def test_an_address_that_gives_no_warc_file_is_one_line_and_makes_no_archive(
    run: Run, tmp_path: Path, address: str, code: int, said: str
) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/some/page.html", b"<html>")
    memory.pipe_file("/some/pack.wacz", b"PK\x03\x04")
    told = run("import", address, "--archive", tmp_path / "archive")
    assert (told.code, told.out) == (code, "")
    assert said in one_line(told.err)
    assert "secret" not in told.err
    assert not (tmp_path / "archive").exists()


def test_what_could_be_secret_in_an_address_is_not_kept(run: Run, files: list[Path], tmp_path: Path) -> None:
    with serving() as served:
        served.files["/x.warc.gz?token=s3cr3t"] = files[0].read_bytes()
        told = run("import", f"{served.base}/x.warc.gz?token=s3cr3t", "--archive", tmp_path / "archive")
    assert told.code == 0, told.err
    assert "s3cr3t" not in told.out + told.err
    assert b"s3cr3t" not in (tmp_path / "archive" / "archive.db").read_bytes()


def test_without_the_extra_one_line_names_it(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.modules['fsspec'] = None\nfrom crawler.cli import main\n"
        f"main(['import', '--archive', {str(tmp_path / 'archive')!r}, 'https://example.org/x.warc.gz'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(), cwd=CHECKOUT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'msarchive[dask]'" in one_line(done.stderr)
