"""`msarchive sites new`, and `inspect` of several pages: what a person gets who points them at a site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.exits import ExitCode
from spiders.sites import load_profile
from tests.crawl.scripted import Answer, ScriptedSite, robots
from tests.secondsite.pages import articles, pages
from tests.secondsite.serving import profile_at, script_of, second_site

from .conftest import Run, one_line

TARGETS = [befund.target for befund in articles()]
LOGIN = b"<title>Log in</title><h1>Log in</h1><form><input name=user><input type=password></form>"


PDF = Answer(200, b"%PDF-1.4", "application/pdf")


@pytest.fixture
def site() -> Iterator[ScriptedSite]:
    with second_site() as running:
        yield running


def test_a_list_leads_to_a_profile_and_what_to_do_next(run: Run, site: ScriptedSite) -> None:
    ran = run("sites", "new", "--contact", "me@example.org", f"{site.base_url}/archiv.php", "-o", "mine.toml")
    assert ran.code == 0, ran.err
    assert "mine.toml: a first profile of 127.0.0.1" in ran.out
    assert "title                                   10 of 10" in ran.out
    assert "inspect --site mine.toml --allow-private 127.0.0.1:" in ran.out
    assert "crawl --site mine.toml" in ran.out
    profile = load_profile("mine.toml")
    assert profile.hosts == (f"127.0.0.1:{site.port}",)
    assert 'takeaway = ["Kurz gesagt:"]    # 10 of 10 pages' in Path("mine.toml").read_text("utf-8")


def test_few_pages_are_asked_each_once_and_robots_txt_first(run: Run, site: ScriptedSite) -> None:
    run("sites", "new", "--contact", "me@example.org", f"{site.base_url}/archiv.php", "--pages", "4")
    assert site.paths[:2] == ["/robots.txt", "/archiv.php"]
    assert len(site.paths) == len(set(site.paths)) <= 7
    assert len([path for path in site.paths if path.startswith("/befund.php")]) == 4
    agents = [
        line for heads in site.heads.values() for head in heads for line in head if b"User-Agent" in line
    ]
    assert len(agents) == len(site.paths)
    assert all(b"msarchive/" in agent and b"me@example.org" in agent for agent in agents)


def test_the_same_pages_give_the_same_file(run: Run, site: ScriptedSite) -> None:
    for name in ("a.toml", "b.toml"):
        assert (
            run("sites", "new", f"{site.base_url}/archiv.php", "--pages", "3", "--name", "x", "-o", name).code
            == 0
        )
    assert Path("a.toml").read_bytes() == Path("b.toml").read_bytes()


def test_an_article_and_a_sitemap_do_as_well(run: Run) -> None:
    script = dict(script_of(articles()))
    with ScriptedSite(script) as site:
        locations = "".join(f"<url><loc>{site.base_url}{target}</loc></url>" for target in TARGETS)
        script["/map.xml"] = Answer(200, f"<urlset>{locations}</urlset>".encode(), "application/xml")
        article = run("sites", "new", "--json", site.base_url + TARGETS[3], "-o", "article.toml")
        listed = run("sites", "new", "--json", f"{site.base_url}/map.xml", "--pages", "4", "-o", "map.toml")
    assert (article.code, listed.code) == (0, 0), (article.err, listed.err)
    assert article.json["articles"] == article.json["fields"]["title"] == 5
    assert "where all articles are listed" in article.json["unclear"][0]
    assert listed.json["articles"] == listed.json["fields"]["title"] == 4
    assert load_profile("map.toml").sitemaps == (f"{site.base_url}/map.xml",)


def test_saved_pages_that_tell_their_address_do_as_well(run: Run) -> None:
    Path("saved").mkdir()
    for number, (target, body) in enumerate(pages(articles()).items()):
        note = f"<!-- saved from url=(0030)https://rheuma.example{target} -->\n".encode()
        Path("saved", f"{number:02}.html").write_bytes(note + body)
    Path("saved", "notes.html").write_text("<p>My own notes on them", "utf-8")
    ran = run("sites", "new", "saved", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["path"], ran.json["articles"]) == ("rheuma.toml", len(TARGETS))
    assert ran.json["passed_over"] == ["saved/notes.html: does not tell its address"]
    assert load_profile("rheuma.toml").title == "Rheuma kurz gefasst"


def test_a_file_is_never_replaced_unasked_and_then_nothing_is_asked(run: Run, site: ScriptedSite) -> None:
    Path("mine.toml").write_text("mended by hand")
    ran = run("sites", "new", f"{site.base_url}/archiv.php", "-o", "mine.toml")
    assert ran.code == ExitCode.USAGE
    assert "mine.toml exists already" in one_line(ran.err)
    assert Path("mine.toml").read_text() == "mended by hand"
    assert site.paths == []
    assert (
        run("sites", "new", f"{site.base_url}/archiv.php", "--pages", "3", "-o", "mine.toml", "--force").code
        == 0
    )
    assert load_profile("mine.toml").name == "mine"


@pytest.mark.parametrize(
    ("answers", "path", "code", "words"),
    [
        ({"/robots.txt": robots("Disallow: /")}, "/archiv.php", ExitCode.ROBOTS, "robots.txt forbids"),
        ({"/robots.txt": robots("Disallow: /befund")}, "/archiv.php", ExitCode.ROBOTS, "robots.txt forbids"),
        ({"/robots.txt": Answer(503)}, "/archiv.php", ExitCode.ROBOTS, "without robots.txt nothing is read"),
        ({"/archiv.php": Answer(429)}, "/archiv.php", ExitCode.BLOCKED, "answered 429"),
        ({TARGETS[0]: Answer(503)}, "/archiv.php", ExitCode.BLOCKED, "answered 503"),
        ({}, "/nothing", ExitCode.ERROR, "answered 404"),
        ({}, "/impressum.php", ExitCode.ERROR, "no articles found: of 4 links"),
        ({"/x": PDF}, "/x", ExitCode.ERROR, "no HTML page (application/pdf)"),
        ({"/x": Answer(200, b"", "text/html")}, "/x", ExitCode.ERROR, "no HTML page"),
        ({"/x": Answer(200, LOGIN)}, "/x", ExitCode.ERROR, "login wall"),
        (dict.fromkeys(TARGETS[1:], Answer(404)), "/archiv.php", ExitCode.ERROR, "1 of the site's"),
        (dict.fromkeys(TARGETS, Answer(200, LOGIN)), "/archiv.php", ExitCode.ERROR, "0 of the site's"),
    ],
)  # fmt: skip
def test_what_can_not_be_drafted_from_is_told_in_one_line(
    run: Run, answers: dict[str, Answer], path: str, code: ExitCode, words: str
) -> None:
    with ScriptedSite({**script_of(articles()), **answers}) as site:
        ran = run("sites", "new", site.base_url + path)
    assert ran.code == code
    assert words in one_line(ran.err)
    assert list(Path().iterdir()) == []


def test_a_site_that_is_down_is_told(run: Run) -> None:
    with second_site() as site:
        url = site.base_url
    ran = run("sites", "new", f"{url}/archiv.php")
    assert ran.code == ExitCode.NO_CONNECTION
    assert "no answer from" in one_line(ran.err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("http://10.0.0.1/",), "not a public address"),
        (("https://example.org/",), "--contact"),
        (("ftp://127.0.0.1/",), "not an http or https address"),
        (("http://127.0.0.1:1/", "http://127.0.0.1:2/"), "one URL"),
        (("http://127.0.0.1:1/", "--name", "a/b"), "--name"),
        (("http://127.0.0.1:1/", "-o", "no/such/x.toml"), "there is no folder no/such"),
    ],
)
def test_what_is_not_asked_for_is_told_before_anything_is_asked(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    more = ("--contact", "me@example.org") if "10.0.0.1" in arguments[0] else ()
    ran = run("sites", "new", *arguments, *more)
    assert ran.code == ExitCode.USAGE
    assert words in one_line(ran.err)


def test_inspect_shows_how_well_several_pages_read(run: Run, site: ScriptedSite) -> None:
    profile = profile_at(Path(), site.base_url)
    asked = [site.base_url + path for path in (*TARGETS[:3], "/impressum.php", "/intern/x", "/nothing")]
    ran = run("inspect", "--site", profile, *asked)
    assert ran.code == 0, ran.err
    assert "6 pages, 3 of them read as articles; profile rheuma-kurz" in ran.out
    assert "sections.question          3 of 3" in ran.out
    assert "source                     2 of 3  1 not on the page" in ran.out
    assert "/impressum.php: other: none of the profile's headings stand on it" in ran.out
    assert "/intern/x: not read: robots.txt forbids" in ran.out
    assert "/nothing: not read: " in ran.out
    assert site.paths.count("/robots.txt") == 1
    assert [path.name for path in Path().iterdir()] == [profile.name]


def test_inspect_reads_a_folder_of_saved_pages(run: Run) -> None:
    Path("saved").mkdir()
    for number, target in enumerate(TARGETS[:2]):
        Path("saved", f"{number}.html").write_bytes(pages(articles())[target])
    value = run("inspect", "--json", "--site", profile_at(Path(), "http://127.0.0.1"), "saved").json
    assert (value["articles"], [page["kind"] for page in value["pages"]]) == (2, ["summary", "summary"])
    assert {field["field"]: field["found"] for field in value["fields"]}["credibility"] == 2
