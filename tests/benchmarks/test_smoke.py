"""The benchmarks run, measure what they say, and refuse to measure what is broken."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import captures, server
from benchmarks.__main__ import main
from benchmarks.chrome import padded
from benchmarks.crawling import check_asked, our_crawl
from benchmarks.measure import BrokenRun, Figure, NotMeasurable, Samples, figure_of
from benchmarks.nginx import Nginx, nginx_program
from benchmarks.postgresql_server import postgresql, server_programs
from benchmarks.reading import check, samples
from benchmarks.site import make_site
from benchmarks.wget import wget_program
from spiders.sites import load_profile
from storage.archive import FILE_NAME
from storage.warc import FOLDER

CHECKOUT = Path(__file__).parents[2]


def _lacking() -> NotMeasurable | None:
    try:
        nginx_program()
        wget_program()
    except NotMeasurable as error:
        return error if os.environ.get("MSARCHIVE_REQUIRE_TOOLS") != "1" else None
    return None


def _without_server() -> NotMeasurable | None:
    try:
        server_programs()
    except NotMeasurable as error:
        return error
    return None


WITHOUT_SERVER = _without_server()
"""Why PostgreSQL can't be started here; None when it can."""
LACKING = _lacking()
"""Why a crawl from nginx, against wget, can't be measured here; None when it can, or has to be."""
needs_nginx = pytest.mark.skipif(LACKING is not None, reason=str(LACKING))
needs_postgresql = pytest.mark.skipif(
    WITHOUT_SERVER is not None and os.environ.get("MSARCHIVE_REQUIRE_TOOLS") != "1",
    reason=str(WITHOUT_SERVER),
)
long = pytest.mark.skipif(
    os.environ.get("MSARCHIVE_LONG") != "1", reason="it takes a while: MSARCHIVE_LONG=1 has it run, too"
)


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("startup", {300.0, None}),
        ("reading", {2.0, None}),
        pytest.param("crawling", {1.5, 0.8, 1.0, None}, marks=needs_nginx),
        ("rereading", {0.2, 1 / 1500, None}),
        pytest.param("scaling", {1.25}, marks=long),
        pytest.param("memory", {1.1}, marks=long),
        pytest.param("exporting", {200.0, None}, marks=long),
        ("searching", {50.0, 250.0, None}),
        ("browsing", {200.0, None}),
        ("asking", {None}),
        pytest.param("recrawling", {None}, marks=[needs_nginx, long]),
        pytest.param("workers", {None}, marks=[needs_nginx, needs_postgresql, long]),
        pytest.param("size", {None}, marks=[needs_nginx, long]),
        ("captures", {1.11, None}),
    ],
)
def test_a_quick_run_measures_against_its_limits_and_writes_every_sample(
    tmp_path: Path, part: str, wanted: set[float | None]
) -> None:
    written = tmp_path / "figures.json"
    # Of a smaller site nothing would be left for the last of four workers.
    articles = "60" if part == "workers" else "12"
    options = ["--quick", "--runs", "1", "--articles", articles, "--only", part, "--json", str(written)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(written.read_text("utf-8"))[part]
    assert told["machine"]["cores"] >= 1
    figures = told["figures"]
    assert {figure["aim"] for figure in figures} == wanted
    for figure in figures:
        assert len(figure["samples"]["ours"]) == 1
        if figure["limit"] is not None:
            assert figure["ratio"]["min"] <= figure["ratio"]["median"] <= figure["ratio"]["max"]
            assert len(figure["samples"]["limit"]) == len(figure["samples"]["ours"])
    assert ("times " in ran.stdout) == any(figure["limit"] is not None for figure in figures)
    assert "docs/performance.md stays as it is" in ran.stdout
    for figure in figures:
        if figure["aim"] is not None:
            assert f"aim: {figure_of(figure).aim_text}: " in ran.stdout


def test_the_made_site_is_the_same_every_time_and_every_article_has_an_id_of_its_own() -> None:
    one, other = make_site("http://127.0.0.1:1", 150), make_site("http://127.0.0.1:1", 150)
    assert one.answers == other.answers
    assert len({article.id for article in one.articles.values()}) == 150


def test_padding_brings_a_page_to_size_and_leaves_a_large_one_alone() -> None:
    page = "<!doctype html><html><head><title>x</title></head><body><p>y</p></body></html>"
    assert 19_800 <= len(padded(page, 20_000)) <= 20_400
    assert padded(page, 1_000) == page
    with pytest.raises(ValueError, match="whole HTML document"):
        padded("<p>y</p>", 20_000)


def test_a_reader_that_misreads_a_page_makes_the_benchmark_void() -> None:
    page = samples(None)[0]
    profile = load_profile("sample")
    check(page, profile)
    with pytest.raises(BrokenRun, match="misreads title, takeaway, sections"):
        check(replace(page, body=b"<p>Under construction."), profile)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (["/", "/a", "/b"], None),
        (["/", "/a"], "never asked for 1"),
        (["/", "/a", "/b", "/c"], "asked in vain for 1"),
        (["/", "/a", "/b", "/b"], "asked again for 1"),
    ],
)
def test_a_crawl_that_leaves_pages_out_or_asks_twice_makes_it_void(
    asked: list[str], complaint: str | None
) -> None:
    wanted = frozenset({"/", "/a", "/b"})
    if complaint is None:
        check_asked("the crawl", Counter(asked), wanted)
        return
    with pytest.raises(BrokenRun, match=complaint):
        check_asked("the crawl", Counter(asked), wanted)


def test_the_ratio_is_taken_pair_by_pair_and_compared_with_its_aim() -> None:
    figure = Figure("x", "limit", "CPU", Samples((2.0, 6.0, 3.0)), Samples((1.0, 2.0, 1.5)), aim=2.0)
    assert figure.ratio is not None
    assert figure.ratio.values == (2.0, 3.0, 2.0)
    assert figure.met
    assert replace(figure, aim=1.9).met is False
    assert replace(figure, aim=None).met is None


def test_without_its_history_captures_are_measured_on_todays_program_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captures, "CHECKOUT", tmp_path)
    why = captures.no_history()
    assert why == "this checkout's history does not go back to 4e2cd8c"
    assert captures._described(70, why)[-1] == f"no figures of when they were brought in: {why}"


def test_what_stands_in_for_captures_stores_the_same_articles_and_no_warc_file(tmp_path: Path) -> None:
    with server.Served() as served:
        site = make_site(served.base_url, 12)
        served.start(site.answers)
        our_crawl(served, site, tmp_path, "archive", module="benchmarks.uncaptured")
    assert not (tmp_path / "archive" / FOLDER).exists()
    with closing(sqlite3.connect(tmp_path / "archive" / FILE_NAME)) as database:
        (bodies, size) = database.execute("SELECT count(*), sum(size) FROM body").fetchone()
    assert bodies == len({body for _, body in site.answers.values()})
    assert size == sum(len(body) for body in {body for _, body in site.answers.values()})


@pytest.mark.skipif(LACKING is not None, reason=str(LACKING))
def test_nginx_serves_every_answer_of_the_made_site_and_counts_them(tmp_path: Path) -> None:
    with Nginx(tmp_path / "nginx") as served:
        site = make_site(served.base_url, 12)
        served.start(site.answers)
        for path, (kind, body) in site.answers.items():
            with urllib.request.urlopen(f"{served.base_url}{path}") as answer:
                assert (answer.headers["Content-Type"], answer.read()) == (kind, body), path
        served.asked()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{served.base_url}/nothing")
        assert served.asked() == {"/nothing": 1}


def test_without_nginx_a_crawl_is_not_measured_and_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.nginx._PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("benchmarks.wget.wget_program", lambda: "wget")
    assert main(["--only", "crawling", "--into", str(tmp_path)]) == 0
    assert "not measured, nginx is not installed (Debian's package nginx-light)" in capsys.readouterr().out


def test_without_postgresql_workers_are_not_measured_and_the_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.nginx.nginx_program", lambda: "nginx")
    monkeypatch.setattr("benchmarks.postgresql_server.find_spec", lambda name: None)
    assert main(["--only", "workers", "--into", str(tmp_path)]) == 0
    assert "not measured, the extra 'postgresql' is not installed" in capsys.readouterr().out
    assert not (tmp_path / "docs").exists()


@needs_postgresql
def test_the_server_that_is_measured_waits_for_the_disk_and_is_gone_afterwards() -> None:
    import psycopg

    with postgresql() as running:
        url = running.new()
        with psycopg.connect(url) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.execute(f"SHOW {setting}").fetchall() == [("on",)]
            assert connection.execute("SHOW listen_addresses").fetchall() == [("",)]
        running.drop(url)
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(url)
        folder = Path(url.partition("host=")[2])
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_each_edition_of_the_made_site_changes_one_article_of_fifty_and_leaves_the_others() -> None:
    first, second, third = (make_site("http://127.0.0.1:1", 120, editions=number) for number in range(3))
    assert first.changed == frozenset()
    for before, after in ((first, second), (second, third)):
        assert len(after.changed) == 3
        changed = {path for path in before.answers if before.answers[path] != after.answers[path]}
        assert changed == after.changed
