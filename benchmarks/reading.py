"""Pages read per second and core, against a bare parse of the same pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from lxml import html

from benchmarks.chrome import padded
from benchmarks.measure import BrokenRun, Figure, NotMeasurable, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.peers import peers
from crawler.samplesite import Article, edition
from crawler.samplesite.pages import build
from spiders.reading import read_page
from spiders.reading.profile import SiteProfile
from spiders.sites import load_profile

AIM = 2.0
PEERS_AIM = 5.0
"""Times as fast as the fastest of them."""
_WHY = (
    "What a page shows is told by rules in Python that look at each of its elements and lines several times; "
    "a bare parse does nothing but build the tree, in C."
)
PAGE_SIZE = 24_000
BASE_URL = "http://127.0.0.1:8000"
LIMIT = "bare lxml parse"
PASSES = 3
"""In each run: reading takes less time than crawling, and its ratio is told more exactly."""


@dataclass(frozen=True)
class Sample:
    """A page as a crawl would hand it to the reader."""

    article: Article
    url: str
    body: bytes
    content_type: str


def measure(extent: Extent) -> Measured:
    """Read the pages of the sample site, when it is to be quick only some of them.

    Raises `BrokenRun` when the reader misreads a page.
    """
    passes, every = (1, 3) if extent.quick else (PASSES, 1)
    runs = extent.runs * passes
    profile = load_profile("sample").at(f"{BASE_URL}/")
    lean, real = samples(None)[::every], samples(PAGE_SIZE)[::every]
    for page in (*lean, *real):
        check(page, profile)
    whole = _figures(f"{len(real)} pages at a real page's size", real, profile, runs, AIM)
    plain = _figures(f"{len(lean)} pages as the sample site serves them", lean, profile, runs, None)
    told, beside_peers = _beside_peers(real, profile, extent)
    described = [
        f"{LIMIT}: lxml.html.document_fromstring of the same bytes, and nothing done with the tree",
        _described("real size", real),
        _described("as served", lean),
        told,
    ]
    return Measured(described, [whole[0], plain[0], *beside_peers, *whole[1:]])


def _beside_peers(
    pages: Sequence[Sample], profile: SiteProfile, extent: Extent
) -> tuple[str, Sequence[Figure]]:
    """What peers do (for people), and a figure for each: the same pages, we and then each of them."""
    if extent.quick:
        return "peers are not measured in a first look", ()
    taken: dict[str, tuple[list[float], list[float]]] = {}
    try:
        with (
            TemporaryDirectory(prefix="msarchive-bench-") as folder,
            peers(Path(folder), [page.body for page in pages]) as readers,
        ):
            for _ in range(extent.runs):
                for reader in readers:
                    ours, theirs = taken.setdefault(reader.name, ([], []))
                    ours.append(_seconds(lambda chosen: _read(chosen, profile), pages) / len(pages))
                    theirs.append(reader.seconds())
    except NotMeasurable as error:
        return f"peers are not measured: {error}", ()
    fastest = min(taken, key=lambda name: median(taken[name][1]))
    figures = [
        Figure(
            "all of a page, against title and text", name, "CPU time of one core", spread(ours),
            spread(theirs), PEERS_AIM if name == fastest else None, at_least=True, why_missed=_WHY,
        )
        for name, (ours, theirs) in taken.items()
    ]  # fmt: skip
    return (
        "peers read the same pages for title and text, each in a process and environment of its own",
        figures,
    )


def _read(pages: Sequence[Sample], profile: SiteProfile) -> None:
    for page in pages:
        read_page(page.body, profile=profile, url=page.url, content_type=page.content_type)


def samples(size: int | None) -> list[Sample]:
    """Every article page of the sample site; with `size`, brought to about so many bytes."""
    pages, made = build((), BASE_URL), []
    for article in edition(()).articles:
        page = pages[article.path]
        body = page.body
        if size is not None:
            codec = "utf-8" if article.encoding == "utf-8" else "windows-1252"
            body = padded(body.decode(codec), size).encode(codec)
        made.append(Sample(article, BASE_URL + article.path, body, page.content_type))
    return made


def check(page: Sample, profile: SiteProfile) -> None:
    """Raises `BrokenRun` unless the page is read as the summary it is."""
    reading = read_page(page.body, profile=profile, url=page.url, content_type=page.content_type)
    article = page.article
    # Some pages write texts glued or broken on purpose; words are what all of them keep.
    read = [len(section.paragraphs) for section in reading.sections]
    wrong = [
        name
        for name, right in {
            "title": reading.title == article.title,
            "takeaway": reading.takeaway is not None,
            "sections": len(read) == len(article.sections) and all(read),
            "cards": len(reading.cards) == 6,
            "boilerplate": len(reading.boilerplate) >= 3,
        }.items()
        if not right
    ]
    if wrong:
        raise BrokenRun(f"the reader misreads {', '.join(wrong)} of {article.path} ({len(page.body)} bytes)")


def _figures(
    name: str, pages: Sequence[Sample], profile: SiteProfile, runs: int, aim: float | None
) -> list[Figure]:
    """The figure for all pages, then one for each layout; all from the same passes."""

    def ours(chosen: Sequence[Sample]) -> None:
        _read(chosen, profile)

    def bare(chosen: Sequence[Sample]) -> None:
        for page in chosen:
            html.document_fromstring(page.body)

    parts = {
        layout: [page for page in pages if page.article.layout == layout]
        for layout in ("semantic", "framework", "classic")
    }
    taken = [
        {layout: (_seconds(ours, chosen), _seconds(bare, chosen, 3)) for layout, chosen in parts.items()}
        for _ in range(runs)
    ]
    made = []
    for title, layouts, limit in (
        (name, tuple(parts), aim),
        *((f"of these, {len(parts[one])} of the {one} layout", (one,), None) for one in parts),
    ):
        count = sum(len(parts[layout]) for layout in layouts)
        mine, its = (
            spread([sum(turn[layout][side] for layout in layouts) / count for turn in taken])
            for side in (0, 1)
        )
        made.append(Figure(title, LIMIT, "CPU time of one core", mine, its, limit, why_missed=_WHY))
    return made


def _seconds(work: Callable[[Sequence[Sample]], None], pages: Sequence[Sample], times: int = 1) -> float:
    """CPU seconds of one pass; the shorter work is done several `times` to be as long as the other."""
    begin = process_time()
    for _ in range(times):
        work(pages)
    return (process_time() - begin) / times


def _described(name: str, pages: Sequence[Sample]) -> str:
    sizes = [len(page.body) for page in pages]
    elements = [sum(1 for _ in html.document_fromstring(page.body).iter("*")) for page in pages]
    return (
        f"{name}: {median(sizes) / 1000:.1f} kB ({min(sizes) / 1000:.1f}–{max(sizes) / 1000:.1f}), "
        f"{median(elements):.0f} elements ({min(elements)}–{max(elements)}) a page"
    )
