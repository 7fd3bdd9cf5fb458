"""The site has changed: told in the first run that meets it, with nothing good overwritten; and not told when
it only looks different."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from crawler.exits import ExitCode
from crawler.importing import import_files
from crawler.rereading import RereadOptions, SiteReread, reread
from crawler.samplesite import HARMFUL, HARMLESS, SampleSite
from crawler.site_change import signals_told
from spiders.sites import load_profile
from storage.compare import archive_content
from storage.wacz.packing import pack
from tests.places import Places, database_of, opened

from .crawling import ask, crawl
from .visits import BASE, article_paths, site_pages, visit

VANISHED = {
    "takeaway-renamed": {"takeaway"},
    "findings-renamed": {"sections.findings"},
    "considerations-dropped": {"sections.considerations"},
    "topics-in-script": {"topics"},
    "ratings-on-canvas": {"credibility", "interest"},
    "ratings-renamed": {"credibility", "interest"},
    "cards-gone": {"cards"},
    # One layout has the paper's title and DOI in the page's data too.
    "details-gone": {
        "source",
        "source.authors",
        "source.journal",
        "source.published",
        "source.pmid",
        "source.url",
    },
    "title-in-image": {"title"},
    "journal-reworded": {"journal"},
    "dates-relative": {"cards.date"},
    "headings-as-images": {"page"},
    "listings-in-script": {"cards", "links"},
    "shell": {"page", "cards", "links"},
}
RENAMED = """extends = "sample"
name = "sample"
[parts.sections]
findings = ["What They Found", "Our Discoveries"]
audience = ["Who Should Care and Why"]
considerations = ["Important Considerations"]
"""


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("visited") / "archive"
    assert visit(archive, site_pages(), day=1).exit_code is ExitCode.OK
    return archive


@pytest.fixture
def archive(both: Places, visited: Path, tmp_path: Path) -> Path:
    """A copy of it, in both databases."""
    return both.copy(visited, tmp_path / "archive")


@pytest.fixture
def mended(tmp_path: Path) -> str:
    profile = tmp_path / "mended.toml"
    profile.write_text(RENAMED, "utf-8")
    return str(profile)


def content(archive: Path) -> dict[str, list[tuple[object, ...]]]:
    with opened(archive, read_only=True) as found:
        return archive_content(found)


def good_values(archive: Path) -> dict[str, list[tuple[object, ...]]]:
    found = content(archive)
    sections = [row for row in found["sections"] if row[3] != "unplaced"]
    return {"revisions": found["revisions"], "topics": found["topics"], "sections": sections}


def standing(archive: Path) -> list[tuple[Any, ...]]:
    return ask(archive, "SELECT field, lost, pages FROM alarms WHERE cleared_at IS NULL ORDER BY field")


def read_again(archive: Path, site: str = "sample", *, accept: bool = False) -> SiteReread:
    options = RereadOptions(
        archive, site=site, database=database_of(archive), accept_losses=accept, workers=1
    )
    (result,) = reread(options, program_version="1")
    return result


@pytest.mark.parametrize("redesign", HARMFUL)
def test_a_harmful_redesign_is_told_in_its_first_run_and_overwrites_nothing(
    redesign: str, archive: Path
) -> None:
    before = good_values(archive)
    result = visit(archive, site_pages(redesign=redesign), day=8)
    assert (result.outcome, result.exit_code) == ("changed", ExitCode.CHANGED)
    alarms = standing(archive)
    assert {field for field, _, _ in alarms} == VANISHED[redesign]
    assert all(4 <= lost <= pages for _, lost, pages in alarms)
    assert any(f"lost {field} on" in result.reason for field in VANISHED[redesign])
    assert good_values(archive) == before
    captures = ask(archive, "SELECT count(*) FROM captures WHERE run = 2")
    assert captures == [(len(site_pages()),)]


@pytest.mark.parametrize("redesign", HARMLESS)
def test_a_harmless_redesign_is_not_told(redesign: str, archive: Path) -> None:
    result = visit(archive, site_pages(redesign=redesign), day=8)
    assert result.exit_code is ExitCode.OK
    assert ask(archive, "SELECT * FROM alarms") == []
    assert ask(archive, "SELECT * FROM quarantined") == []


def test_there_is_something_to_expect_of_every_redesign() -> None:
    assert set(VANISHED) == set(HARMFUL)
    assert len(HARMFUL) + len(HARMLESS) >= 20


def test_an_alarm_says_where_it_began_how_many_pages_and_what_stands_there_now(archive: Path) -> None:
    visit(archive, site_pages(redesign="findings-renamed"), day=8)
    ((field, lost, pages, since_url, since_at, instead),) = ask(
        archive, "SELECT field, lost, pages, since_url, since_at, instead FROM alarms"
    )
    number = len(article_paths())
    assert (field, lost, pages) == ("sections.findings", number, number)
    assert "/news/view/" in since_url and since_at.startswith("2026-03-08")
    assert "Our Discoveries" in instead


def test_a_layout_that_alone_has_changed_is_named(archive: Path) -> None:
    visit(archive, site_pages(redesign="takeaway-renamed"), day=8)
    # The newest layout has its takeaway in the page's data too.
    assert ask(archive, "SELECT layout IS NULL, lost < pages FROM alarms") == [(1, 1)]
    coverage = dict(
        ask(
            archive,
            "SELECT layout, shown * 1.0 / pages FROM field_coverage WHERE run = 2 AND field = 'takeaway'",
        )
    )
    assert coverage == {"html summary h1/h2": 0.0, "html summary h1/td": 0.0, "html summary div/div": 1.0}


def test_three_pages_make_no_alarm_but_revisions_dated_by_their_captures(archive: Path) -> None:
    paths = article_paths()
    pages = {**site_pages(), **site_pages(paths[:3], "considerations-dropped")}
    result = visit(archive, pages, day=8)
    assert result.exit_code is ExitCode.OK
    assert ask(archive, "SELECT count(*) FROM quarantined") == [(0,)]
    changed = ask(
        archive,
        "SELECT c.field, c.after, substr(c.at, 1, 10), r.is_current FROM revision_changes c JOIN revisions r "
        "ON r.article_key = c.article_key AND r.revision = c.revision",
    )
    assert changed == [("sections.considerations", None, "2026-03-08", 1)] * 3
    assert ask(archive, "SELECT count(*) FROM urls WHERE reason LIKE '%quarantine%'") == [(0,)]


def test_the_archive_is_then_as_if_nothing_had_been_held(archive: Path, tmp_path: Path) -> None:
    paths = article_paths()
    visit(archive, site_pages(paths[:3], "considerations-dropped"), day=8)
    fresh = tmp_path / "fresh"
    with_less = {**site_pages(), **site_pages(paths[:3], "considerations-dropped")}
    visit(fresh, with_less, day=8)
    latest = (
        "SELECT a.key, a.title, a.topics, a.journal, s.kind, s.text FROM articles a "
        "JOIN article_sections s ON s.article_key = a.key ORDER BY a.key, s.position"
    )
    assert ask(archive, latest) == ask(fresh, latest)


@pytest.mark.usefixtures("both")
def test_a_listing_that_leads_nowhere_is_told_though_it_is_the_only_one(tmp_path: Path) -> None:
    archive, paths = tmp_path / "archive", ["/news", *article_paths()[:3]]
    visit(archive, site_pages(paths), day=1)
    result = visit(archive, site_pages(paths, "listings-in-script"), day=8)
    assert result.exit_code is ExitCode.CHANGED
    assert standing(archive) == [("links", 1, 1)]


def test_a_listing_that_leads_nowhere_is_not_told_while_others_do(archive: Path) -> None:
    result = visit(archive, site_pages(["/news?page=2"], "listings-in-script"), day=8)
    assert result.exit_code is ExitCode.OK


def test_a_page_a_night_makes_an_alarm_in_the_end(archive: Path) -> None:
    codes = [
        visit(archive, site_pages([path], "considerations-dropped"), day=2 + night).exit_code
        for night, path in enumerate(article_paths()[:5])
    ]
    assert codes == [ExitCode.OK] * 4 + [ExitCode.CHANGED]


def test_a_mended_profile_and_a_reread_clear_alarm_and_quarantine(
    archive: Path, tmp_path: Path, mended: str
) -> None:
    visit(archive, site_pages(redesign="findings-renamed"), day=8)
    assert ask(archive, "SELECT count(*), min(held) FROM quarantined") == [(len(article_paths()), 1)]
    result = read_again(archive, mended)
    assert not result.refused
    assert standing(archive) == []
    assert ask(archive, "SELECT count(*) FROM quarantined") == [(0,)]
    assert ask(archive, "SELECT cleared_why FROM alarms") == [("read again: the field is there",)]
    assert ask(archive, "SELECT max(revision) FROM revisions") == [(1,)]
    fresh = tmp_path / "fresh"
    visit(fresh, site_pages(), day=1, site=mended)
    visit(fresh, site_pages(redesign="findings-renamed"), day=8, site=mended)
    # That there was an alarm stays known; all else is as if it had never been.
    assert {**content(archive), "alarms": []} == {**content(fresh), "alarms": []}
    assert visit(archive, site_pages(), day=9, site=mended).exit_code is ExitCode.OK


def test_a_reread_that_does_not_mend_it_leaves_everything_as_it_was(archive: Path, tmp_path: Path) -> None:
    visit(archive, site_pages(redesign="findings-renamed"), day=8)
    before, alarms = good_values(archive), standing(archive)
    other = tmp_path / "other.toml"
    other.write_text(
        'extends = "sample"\nname = "sample"\n[parts]\ntopics = ["Article Topics", "Subjects"]\n'
    )
    assert not read_again(archive, str(other)).refused
    assert standing(archive) == alarms
    assert good_values(archive) == before
    assert ask(archive, "SELECT count(*) FROM urls WHERE reason LIKE '%quarantine%'") == [
        (len(article_paths()),)
    ]


def test_losses_that_are_meant_are_accepted_by_a_reread(archive: Path) -> None:
    visit(archive, site_pages(redesign="topics-in-script"), day=8)
    read_again(archive, accept=True)
    assert standing(archive) == []
    assert ask(archive, "SELECT cleared_why FROM alarms") == [("the losses were accepted",)]
    lost = ask(archive, "SELECT DISTINCT field, after, substr(at, 1, 10) FROM revision_changes")
    assert lost == [("topics", None, "2026-03-08")]
    assert visit(archive, site_pages(redesign="topics-in-script"), day=9).exit_code is ExitCode.OK


def test_while_it_stands_every_run_says_so_until_the_site_has_its_fields_back(archive: Path) -> None:
    before = good_values(archive)
    visit(archive, site_pages(redesign="ratings-renamed"), day=8)
    assert visit(archive, site_pages(["/news"]), day=9).exit_code is ExitCode.CHANGED
    assert visit(archive, site_pages(), day=10).exit_code is ExitCode.OK
    assert ask(archive, "SELECT DISTINCT cleared_why FROM alarms") == [("the field is back on the site",)]
    assert good_values(archive) == before


def test_a_run_that_was_stopped_leaves_the_judgement_to_the_next(archive: Path) -> None:
    paths = article_paths()
    visit(archive, site_pages(paths[:10], "findings-renamed"), day=8, stopped=True)
    assert ask(archive, "SELECT count(*), sum(judged) FROM quarantined") == [(10, 0)]
    assert standing(archive) == []
    assert visit(archive, site_pages(["/news"]), day=9).exit_code is ExitCode.CHANGED
    assert standing(archive) == [("sections.findings", 10, 10)]


@pytest.mark.usefixtures("both")
def test_new_articles_that_lack_what_all_others_have_are_kept_and_told(tmp_path: Path, mended: str) -> None:
    archive, paths = tmp_path / "archive", article_paths(9)
    visit(archive, site_pages(paths[:20]), day=1)
    visit(archive, site_pages(paths[20:25], "findings-renamed"), day=8)
    assert standing(archive) == [("sections.findings", 5, 5)]
    assert ask(archive, "SELECT count(*) FROM articles") == [(25,)]
    assert ask(archive, "SELECT count(*), max(held) FROM quarantined") == [(5, 0)]
    read_again(archive, mended)
    assert standing(archive) == []
    shown = ask(archive, "SELECT count(*) FROM article_sections WHERE kind = 'findings'")
    assert shown == [(25,)]
    assert ask(archive, "SELECT max(revision) FROM revisions") == [(1,)]


def test_an_edited_title_is_an_ordinary_revision_when_the_run_has_ended(archive: Path) -> None:
    path = article_paths()[0]
    page = site_pages([path])[path]
    title = ask(archive, "SELECT title FROM articles WHERE url LIKE :like", like=f"%{path}")[0][0]
    body = page.body.replace(title.encode(), b"Another Title Altogether")
    visit(archive, {path: type(page)(200, page.content_type, body)}, day=8)
    assert ask(archive, "SELECT field, after FROM revision_changes") == [
        ("title", "Another Title Altogether")
    ]
    assert ask(archive, "SELECT count(*) FROM quarantined") == [(0,)]


def test_a_signal_while_readings_are_let_go_is_told_and_still_reaches_its_handler() -> None:
    answered: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: answered.append(number))
    try:
        with signals_told() as told:
            assert told == []
            signal.raise_signal(signal.SIGTERM)
            assert told == [signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)
        assert (told, answered) == ([signal.SIGTERM], [signal.SIGTERM] * 2)
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("both")
def test_a_crawl_over_the_wire_ends_with_the_exit_code_that_says_so(tmp_path: Path) -> None:
    with SampleSite() as site:
        assert crawl(tmp_path, site.base_url).code == 0
        site.redesign("takeaway-renamed")
        done = crawl(tmp_path, site.base_url, refresh="all")
    assert (done.code, done.result["outcome"]) == (11, "changed")
    assert "lost takeaway on" in done.result["reason"]
    assert ask(tmp_path, "SELECT outcome, exit_code FROM runs WHERE id = 2") == [("changed", 11)]
    assert ask(tmp_path, "SELECT max(revision) FROM revisions") == [(1,)]


def test_a_package_of_an_archive_is_taken_in_as_it_was_decided(archive: Path, tmp_path: Path) -> None:
    paths = article_paths()
    visit(archive, site_pages(paths[:3], "considerations-dropped"), day=8)
    package, again = tmp_path / "archive.wacz", tmp_path / "again"
    with opened(archive, read_only=True) as found:
        pack(found, package, program_version="1")
    import_files(
        [package],
        directory=again,
        database=database_of(again),
        profile=load_profile("sample").at(f"{BASE}/"),
        program_version="1",
    )
    assert ask(again, "SELECT count(*) FROM quarantined") == [(0,)]
    assert good_values(again) == good_values(archive)
