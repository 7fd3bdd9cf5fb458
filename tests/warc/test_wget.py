"""WARC files made by the real wget, of the sample site."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite, truth
from tests.places import rows
from tests.tools.programs import run as run_program
from tests.tools.programs import wget

from .warcs import bring, digest


def fetch(site: SampleSite, folder: Path, name: str, *options: str) -> list[Path]:
    """The WARC files that wget makes of the site's articles, and of some addresses that are none."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = sorted({path for path in site.pages if path.startswith("/news/view/")})
    wanted = folder / f"{name}.txt"
    wanted.write_text("".join(f"{site.base_url}{path}\n" for path in ["/robots.txt", "/news", *paths]))
    made = run_program(
        wget(), "-q", "-O", "/dev/null", "--max-redirect=0", "--tries=1",
        "-i", wanted, f"--warc-file={folder / name}", *options,
    )  # fmt: skip
    assert made.returncode in (0, 8), made.stderr  # 8: some answers were 404, 410 or 301
    return sorted(folder.glob(f"{name}*.warc*"))


def articles(archive: Path) -> dict[str, str]:
    return dict(rows(archive, "SELECT id, title FROM articles WHERE id IS NOT NULL"))


@pytest.mark.parametrize("options", [(), ("--no-warc-compression",), ("--no-warc-digests",)])
def test_every_article_of_the_sample_site(tmp_path: Path, options: tuple[str, ...]) -> None:
    with SampleSite() as site:
        files = fetch(site, tmp_path, "all", *options)
        bring(tmp_path / "a", *files, base=site.base_url)
    expected = {article.id: article.title for article in truth()}
    assert articles(tmp_path / "a") == expected
    states = dict(rows(tmp_path / "a", "SELECT state, count(*) FROM urls GROUP BY state"))
    assert states["redirected"] > 0
    assert states["gone"] > 0
    assert rows(tmp_path / "a", "SELECT count(*) FROM captures WHERE origin <> 'import'") == [(0,)]


def test_plain_or_in_one_stream_or_as_1_1_it_is_the_same(tmp_path: Path) -> None:
    with SampleSite() as site:
        (plain,) = fetch(site, tmp_path, "plain", "--no-warc-compression")
    data = plain.read_bytes()
    (tmp_path / "stream.warc.gz").write_bytes(gzip.compress(data))
    (tmp_path / "newer.warc").write_bytes(data.replace(b"WARC/1.0\r\n", b"WARC/1.1\r\n"))
    for name in ("plain.warc", "stream.warc.gz", "newer.warc"):
        bring(tmp_path / f"of-{name}", tmp_path / name, base=site.base_url)
    expected = digest(tmp_path / "of-plain.warc")
    assert digest(tmp_path / "of-stream.warc.gz") == expected
    assert digest(tmp_path / "of-newer.warc") == expected


def test_several_files_of_one_visit(tmp_path: Path) -> None:
    with SampleSite() as site:
        files = fetch(site, tmp_path, "many", "--warc-max-size=100K")
        assert len(files) > 2
        bring(tmp_path / "a", *files, base=site.base_url)
    assert len(articles(tmp_path / "a")) == len(truth())


def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    with SampleSite() as site:
        files = fetch(site, tmp_path, "all")
        bring(tmp_path / "a", *files, base=site.base_url)
        before = digest(tmp_path / "a"), rows(tmp_path / "a", "SELECT count(*) FROM capture")
        bring(tmp_path / "a", *files, base=site.base_url)
    assert (digest(tmp_path / "a"), rows(tmp_path / "a", "SELECT count(*) FROM capture")) == before


def test_a_later_visit_that_kept_only_what_had_changed(tmp_path: Path) -> None:
    with SampleSite() as site:
        first = fetch(site, tmp_path, "first", "--warc-cdx")
        site.apply("edit")
        time.sleep(1.1)  # WARC/1.0 knows no parts of a second
        again = fetch(site, tmp_path, "again", f"--warc-dedup={tmp_path / 'first.cdx'}")
        assert b"WARC-Type: revisit" in gzip.decompress(again[0].read_bytes())
        bring(tmp_path / "forth", *first, *again, base=site.base_url)
        bring(tmp_path / "back", *again, *first, base=site.base_url)
    revisions = dict(rows(tmp_path / "forth", "SELECT id, revisions FROM articles"))
    assert sorted(revisions.values())[-2:] == [1, 2]
    forth, back = digest(tmp_path / "forth"), digest(tmp_path / "back")
    del forth["urls"], back["urls"]  # how many clicks away an address is depends on who told of it first
    assert back == forth
