"""A very small site of the sample's kind: a crawl of it takes every path of a page, and little time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tests.crawl.scripted import Answer, ScriptedSite, links, redirect, robots

_PAGE = """<!doctype html><html><head><title>{title}</title></head><body><main><h1>{title}</h1>
<p>Credibility: {stars}/5</p>
<h2>Key Takeaway</h2><p>{takeaway}</p>
<h2>What They Found</h2><p>In our made study {number} people took part.</p><p>{found}</p>
<h2>Who Should Care and Why</h2><p>Whoever tests number {number} may care about it.</p>
<h2>Important Considerations</h2><p>Nobody was asked, since nothing of this is true.</p>
<h2>Article Topics</h2><ul><li>Testing</li><li>Topic {number}</li></ul>
<h2>You May Also Like</h2>
<div><a href="{next_path}"><h3>{next_title}</h3></a><p>3/{number}/2026</p><p>A teaser of it.</p></div>
</main></body></html>"""
IDS = ("aB3dE1", "aB3dE2", "aB3dE3", "aB3dE4", "aB3dE5", "aB3dE6")
NEW_ID = "zY9xW1"
_LISTED_FIRST = 3


def path_of(article_id: str) -> str:
    """Path of an article."""
    return f"/news/view/a-made-study-{article_id}"


def _article(article_id: str, takeaway: str = "Tests help those who wait for them.") -> bytes:
    number = IDS.index(article_id) + 1 if article_id in IDS else 9
    behind = IDS[number % len(IDS)]
    return _PAGE.format(
        title=f"A made study, number {number}", stars=number % 5 + 1, takeaway=takeaway, number=number,
        found=f"Of all {number} half came again, and {number * 3} did not.", next_path=path_of(behind),
        next_title=f"A made study, number {IDS.index(behind) + 1}",
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
    """The site; `edit` makes its second edition: one article edited, one gone, one new, the rest as before.

    Articles carry an ETag and answer 304 to who has them.
    """

    def __init__(self) -> None:
        super().__init__({})
        self.stall: frozenset[str] = frozenset()
        """Paths that are answered only after a minute."""
        self.restore()

    def restore(self) -> None:
        """The first edition."""
        self._publish(IDS, edited=None, gone=None)

    def edit(self) -> None:
        """The second edition."""
        self._publish((*IDS, NEW_ID), edited=IDS[1], gone=IDS[4])

    def asked_since(self, begin: int) -> list[str]:
        """Paths asked since so many had been."""
        return [path for _, path in self.seen[begin:]]

    def _publish(self, ids: tuple[str, ...], *, edited: str | None, gone: str | None) -> None:
        days = dict.fromkeys(ids, "2026-03-01")
        if edited is not None:
            days[edited] = "2026-04-01"
        listed = [path_of(one) for one in ids if one != gone]
        script: dict[str, Answer] = {
            "/robots.txt": robots("Disallow: /private", f"Sitemap: {self.base_url}/sitemap.xml"),
            "/sitemap.xml": _sitemap(self.base_url, {one: days[one] for one in ids[:2]}),
            "/": links("/news", "/about", "/private/letters", title="A tiny site"),
            "/news": links(*listed[:_LISTED_FIRST], "/news/page/2", title="News"),
            "/news/page/2": links(
                *listed[_LISTED_FIRST:], "/news/view/moved-aB3dE1", "/news/lost", title="Older"
            ),
            "/about": links("/again", title="About"),
            "/news/view/moved-aB3dE1": redirect(path_of(IDS[0])),
        }
        script["/again"] = script["/about"]  # the bytes of another page
        for one in ids:
            told = "It was mended in the second edition." if one == edited else "Tests help those who wait."
            etag = f'"{one}-{days[one]}"'
            script[path_of(one)] = Answer(body=_article(one, told), headers=(("ETag", etag),))
        if gone is not None:
            script[path_of(gone)] = Answer(410, b"it is gone")
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
