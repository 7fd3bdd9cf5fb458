"""A very small site of the sample's kind: a crawl of it takes every path of a page, and little time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tests.crawl.scripted import Answer, ScriptedSite, links, redirect, robots

_PAGE = """<!doctype html><html><head><title>{title}</title></head><body><main><h1>{title}</h1>
<p>Credibility: {stars}/5</p>
<h2>Key Takeaway</h2><p>{takeaway}</p>
<h2>{findings}</h2><p>In our made study {number} people took part.</p><p>{found}</p>
<h2>Who Should Care and Why</h2><p>Whoever tests number {number} may care about it.</p>
<h2>Important Considerations</h2><p>Nobody was asked, since nothing of this is true.</p>
{topics}
<h2>You May Also Like</h2>
<div><a href="{next_path}"><h3>{next_title}</h3></a><p>3/{number}/2026</p><p>A teaser of it.</p></div>
</main></body></html>"""
_TOPICS = "<h2>Article Topics</h2><ul><li>Testing</li><li>Topic {number}</li></ul>"
IDS = ("aB3dE1", "aB3dE2", "aB3dE3", "aB3dE4", "aB3dE5", "aB3dE6")
NEW_ID = "zY9xW1"
_LISTED_FIRST = 3


def path_of(article_id: str) -> str:
    """Path of an article."""
    return f"/news/view/a-made-study-{article_id}"


@dataclass(frozen=True, slots=True)
class _Edition:
    """What all pages of an edition have in common, and which articles are other than at first."""

    ids: tuple[str, ...] = IDS
    edited: str | None = None
    gone: str | None = None
    findings: str = "What They Found"
    spared: str | None = None
    """Keeps the first edition's heading of the findings, and has no topics any more."""
    day: str = "2026-03-01"

    def date_of(self, article_id: str) -> str:
        """When the sitemap says that an article was changed."""
        return "2026-04-01" if article_id == self.edited else self.day

    def article(self, article_id: str) -> bytes:
        """An article's page."""
        number = IDS.index(article_id) + 1 if article_id in IDS else 9
        behind = IDS[number % len(IDS)]
        edited = article_id == self.edited
        spared = article_id == self.spared
        topics = "" if spared else _TOPICS.format(number=number)
        takeaway = "It was mended in the second edition." if edited else "Tests help those who wait."
        return _PAGE.format(
            title=f"A made study, number {number}", stars=number % 5 + 1, takeaway=takeaway, number=number,
            findings="What They Found" if spared else self.findings,
            found=f"Of all {number} half came again, and {number * 3} did not.", topics=topics,
            next_path=path_of(behind), next_title=f"A made study, number {IDS.index(behind) + 1}",
        ).encode()  # fmt: skip


def _sitemap(base: str, dated: Mapping[str, str]) -> Answer:
    entries = "".join(
        f"<url><loc>{base}{path_of(one)}</loc><lastmod>{day}</lastmod></url>" for one, day in dated.items()
    )
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    )
    return Answer(body=f"{head}{entries}</urlset>".encode(), type="application/xml")


class TinySite(ScriptedSite):
    """The site. Articles carry an ETag and answer 304 to who has them."""

    def __init__(self) -> None:
        super().__init__({})
        self.stall: frozenset[str] = frozenset()
        """Paths that are answered only after a minute."""
        self.restore()

    def restore(self) -> None:
        """The first edition."""
        self._publish(_Edition())

    def edit(self) -> None:
        """The second edition: one article edited, one gone, one new, the rest as before."""
        self._publish(_Edition((*IDS, NEW_ID), edited=IDS[1], gone=IDS[4]))

    def redesign(self) -> None:
        """The first edition in another template: the findings have another heading on all articles but one,
        which is a change of the site. That one has lost its topics, which is none."""
        self._publish(_Edition(findings="Our Discoveries", spared=IDS[0], day="2026-05-01"))

    def pages(self) -> dict[str, Answer]:
        """Every page of this edition that is HTML, by its path."""
        answers = {path: told for path, told in self.script.items() if isinstance(told, Answer)}
        return {path: told for path, told in answers.items() if told.status == 200 and "html" in told.type}

    def asked_since(self, begin: int) -> list[str]:
        """Paths asked since so many had been."""
        return [path for _, path in self.seen[begin:]]

    def _publish(self, edition: _Edition) -> None:
        listed = [path_of(one) for one in edition.ids if one != edition.gone]
        dated = {one: edition.date_of(one) for one in edition.ids}
        script: dict[str, Answer] = {
            "/robots.txt": robots("Disallow: /private", f"Sitemap: {self.base_url}/sitemap.xml"),
            "/sitemap.xml": _sitemap(self.base_url, {one: dated[one] for one in edition.ids[:2]}),
            "/": links("/news", "/about", "/private/letters", title="A tiny site"),
            "/news": links(*listed[:_LISTED_FIRST], "/news/page/2", title="News"),
            "/news/page/2": links(
                *listed[_LISTED_FIRST:], "/news/view/moved-aB3dE1", "/news/lost", title="Older"
            ),
            "/about": links("/again", title="About"),
            "/news/view/moved-aB3dE1": redirect(path_of(IDS[0])),
        }
        script["/again"] = script["/about"]  # the bytes of another page
        for one, day in dated.items():
            etag = f'"{one}-{day}"'
            script[path_of(one)] = Answer(body=edition.article(one), headers=(("ETag", etag),))
        if edition.gone is not None:
            script[path_of(edition.gone)] = Answer(410, b"it is gone")
        self.script = script

    def _answer(self, path: str) -> Answer:
        answer = super()._answer(path)
        if path in self.stall:
            return replace(answer, wait=60.0)
        etag = dict(answer.headers).get("ETag")
        asked = self.heads[path][-1]
        if etag is not None and any(line == b"If-None-Match: " + etag.encode() for line in asked):
            return Answer(304, type="", headers=answer.headers)
        return answer


def running() -> Iterator[TinySite]:
    """For a fixture: a running site."""
    with TinySite() as site:
        yield site
