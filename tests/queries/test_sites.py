"""Two sites in one archive, with an article of the same id each."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.cli import main
from crawler.importing import import_files
from spiders.sites import load_profile
from storage.archive import open_archive
from storage.article_detail import article
from storage.queries import articles, find_articles

PAGE = """<!doctype html><html><body><main><h1>{title}</h1><h2>Key Takeaway</h2><p>{title} helped.</p>
<h2>What They Found</h2><p>Somebody tried {title}, and somebody else did not.</p>
<h2>Article Topics:</h2><ul><li>{topic}</li></ul></main></body></html>"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two-sites")
    for site, host, title, topic in (
        ("mymsbuddy", "https://mymsbuddy.com", "Walking", "Legs"),
        ("sample", "http://127.0.0.1", "Swimming", "Arms"),
    ):
        page = folder / f"{site}.html"
        page.write_text(PAGE.format(title=title, topic=topic))
        import_files(
            [page], directory=folder, profile=load_profile(site), program_version="1",
            url=f"{host}/news/view/{title.lower()}-aB3dE6",
        )  # fmt: skip
    return folder


def test_each_is_whole_and_apart(archive: Path) -> None:
    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        assert find_articles(connection, "aB3dE6") == [("mymsbuddy", "aB3dE6"), ("sample", "aB3dE6")]
        for site, title, topic in (("mymsbuddy", "Walking", "Legs"), ("sample", "Swimming", "Arms")):
            detail = article(connection, site, "aB3dE6")
            assert detail is not None
            assert detail.fields["title"] == title
            assert [row.topic for row in detail.topics] == [topic]
            assert len(detail.sections) == 1
            assert len(detail.captures) == len(detail.revisions) == 1
            assert {absence.field for absence in detail.absences} >= {"credibility"}
        assert [row.site for row in articles(connection, topic_group="arms")] == ["sample"]
        assert article(connection, "sample", "AB3DE6") is None


def test_show_asks_which(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["show", "aB3dE6", "--archive", str(archive)])
    assert ended.value.code == 1
    assert "--site (mymsbuddy, sample)" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["show", "aB3dE6", "--archive", str(archive), "--site", "sample"])
    assert ended.value.code == 0
    assert "Swimming" in capsys.readouterr().out
