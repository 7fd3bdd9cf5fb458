"""What an article's page tells of others like it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import httpx
import pytest
from lxml import html

from tests.storage.build import House, article, at, sections, topics

from .serving import asking

TEXT = " ".join(f"Word{n} of a long text that tells of measure{n % 7} and result{n % 5}." for n in range(12))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Of two articles that say nearly the same, two with a topic and words in common, and one alone."""
    house = House(tmp_path_factory.mktemp("related") / "archive")
    for key, title, named, said in (
        ("twinAA", "A plain title", ("Gait",), TEXT),
        ("twinBB", "The <b>same</b> again", ("Gait",), f"{TEXT} One more."),
        ("sleepA", "Sleepless nights", ("Insomnia",), "Melatonin brought sleep. Melatonin kept it."),
        ("sleepB", "Nights of sleep", ("Insomnia",), "Without melatonin no sleep. With melatonin some."),
        ("lonely", "Elsewhere", (), "Hardly anything."),
    ):
        # (An article without topics of its own has nothing in common with anybody.)
        about = topics(*named) if named else None
        house.save(
            article(key, title=title, takeaway=None, topics=about, sections=sections(said)), when=at(1)
        )
    house.writer.settle(at(2))
    house.writer.end_run("complete", "all done", {})
    house.archive.close()
    with pytest.MonkeyPatch.context() as patch, asking(house.directory) as client:
        # However busy the machine is: else it may come with the next look only.
        patch.setattr(sys.modules["crawler.browse.pages.article"], "_PATIENCE_S", 60.0)
        yield client


def _page(client: httpx.Client, key: str, query: str = "") -> html.HtmlElement:
    answer = client.get(f"/article/sample/{key}{query}")
    assert answer.status_code == 200
    return html.fromstring(answer.text).find(".//main")


def _like_it(main: html.HtmlElement) -> list[tuple[str, str]]:
    """Address and title of the articles most like it, in order; [] without such a list."""
    links = main.xpath('.//section[@aria-labelledby="like"]//a')
    return [(link.get("href"), link.text_content()) for link in links]


def _twins(main: html.HtmlElement) -> list[str]:
    notes = main.xpath('.//p[@class="note"]')
    return [" ".join(note.text_content().split()) for note in notes]


def test_an_article_leads_to_those_most_like_it(client: httpx.Client) -> None:
    best, *_ = _like_it(_page(client, "sleepA"))
    assert best == ("/article/sample/sleepB", "Nights of sleep")
    assert ("/article/sample/sleepA", "Sleepless nights") in _like_it(_page(client, "sleepB"))


def test_one_that_says_nearly_the_same_is_told_above_and_not_again_below(client: httpx.Client) -> None:
    main = _page(client, "twinAA")
    (note,) = _twins(main)
    assert note.startswith("Nearly the same text as The <b>same</b> again (9")
    assert main.xpath('.//p[@class="note"]//a/@href') == ["/article/sample/twinBB"]
    assert not main.xpath(".//b")
    assert "/article/sample/twinBB" not in [address for address, _ in _like_it(main)]


def test_an_article_like_no_other_has_neither(client: httpx.Client) -> None:
    main = _page(client, "lonely")
    assert (_twins(main), _like_it(main)) == ([], [])


def test_a_page_of_another_day_has_neither_since_both_are_of_today(client: httpx.Client) -> None:
    main = _page(client, "twinAA", "?as_of=2030-01-01")
    assert (_twins(main), _like_it(main)) == ([], [])
