"""Redesigns: the same site in other clothes, as templates change from one day to the next.

Each works on the finished HTML of a page, in whichever of the three layouts. The harmful ones take something
away from every page that had it; the harmless ones only look different.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

_CLASSES = re.compile(r'\bclass="([^"]*)"', re.I)
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b")
_CARDS = re.compile(
    r'<aside class="more-news".*?</aside>\n'
    r'|<div class="mb-8"><div class="text-2xl[^>]*>You May Also.*?(?=<div class="rounded-xl bg-indigo-50)'
    r"|<TR><TD COLSPAN=2><HR NOSHADE SIZE=1>.*?</TABLE>\n",
    re.S,
)
_CLOSING = re.compile(
    r'<section class="closing".*?</section>\n'
    r'|<div class="rounded-xl bg-indigo-50 p-8">.*?(?=</div><div class="bg-slate-900)'
    r'|<TR><TD COLSPAN=2 BGCOLOR="#f4f6fa"><FONT SIZE=4>.*?(?=<TR><TD COLSPAN=2 BGCOLOR="#d5dceb")',
    re.S,
)
_CONSIDERATIONS = re.compile(
    r'  <section aria-labelledby="important-considerations">.*?</section>\n'
    r'|<div class="mb-6"><div class="css-9hd02m[^>]*><svg(?:(?!</svg>).)*</svg><span>Important Con'
    r'.*?(?=<div class="mb-6">|<div class="border rounded-xl">|</div><div class="mb-8">)'
    r'|<TR><TD><FONT SIZE=4 COLOR="#2a4d8f"><B>Important Considerations</B>.*?(?=<TR>|</TABLE>)',
    re.S,
)
_TOPICS = re.compile(
    r'  <section class="topics">.*?</section>\n'
    r'|<div class="mb-6"><span class="font-medium">Article Topics:</span><div>.*?</div></div>'
    r"|<P><B>Article Topics:</B>[^\n]*\n",
    re.S,
)
_DETAILS = re.compile(
    r'  <section class="details">.*?</section>\n'
    r'|<div class="border rounded-xl"><button.*?</div></div></div></div>'
    r'|<P><FONT SIZE=4 COLOR="#2a4d8f"><B>More Details</B>.*?</TABLE>\n',
    re.S,
)
_DRAWN = re.compile(
    r"(?<=<dd>)(?:<meter[^>]*></meter>|<span class=\"stars\"[^>]*></span>)(?=</dd>)"
    r'|<div class="flex"(?: data-rating[^>]*)?>(?:<svg class="w-5.*?</svg>)+</div>'
    r"|(?<=</B> )(?:\d/\d|(?:<IMG SRC=\"/static/star[^>]*>)+)",
    re.S,
)
_STATED_RATING = re.compile(r',"(?:credibility|interest)":\{[^}]*\}')
_SHOWN_TITLE = re.compile(r'(<h1>|<div class="css-1x7kq2[^>]*>)(?:(?!</).)*', re.S | re.I)
_OTHER_TITLES = re.compile(
    r'<li aria-current="page">[^<]*</li>|<meta property="og:title"[^>]*>|"headline":"(?:[^"\\]|\\.)*",'
    r'|(?<=,)"title":"(?:[^"\\]|\\.)*",|<div class="hero mb-6">.*?</div>|(?<=Summaries</A>) &gt; [^<]*',
)
_TITLE_ELEMENT = re.compile(r"(<title>)[^<]*", re.I)
_HEADINGS = (
    "Key Takeaway", "What They Found", "Who Should Care and Why", "Important Considerations",
    "Article Topics:", "More Details", "You May Also Like", "Understanding MS Research",
)  # fmt: skip
_HEADING = re.compile(f">({'|'.join(_HEADINGS)})<")
_BODY = re.compile(r"(<body[^>]*>).*(?=</body>)", re.S | re.I)
_JOURNAL = re.compile(r"Reports in respected medical journals like .*? often range from")
_ENTRIES = re.compile(
    r'(<ol class="entries">).*?(?=</ol>)|(<ul class="cards">).*?(?=</ul>)'
    r"|(<TABLE BORDER=0 CELLPADDING=4>\n)<TR><TD WIDTH=90.*?(?=</TABLE>)",
    re.S,
)
_BEFORE_FOUND = re.compile(
    r'(?=  <section aria-labelledby="what-they-found">)|(?=<TR><TD><FONT SIZE=4[^>]*><B>What They Found)'
    r'|(?=<div class="mb-6"><div class="css-9hd02m[^>]*><svg(?:(?!</svg>).)*</svg><span>What They Found)',
    re.S,
)
_SECTION_END = re.compile(
    r'(?=  <section class="(?:topics|details)">|<P><B>Article Topics|</article>\n<aside|<div class="border r'
    r'|<div class="mb-6"><span class="font-medium">Article Topics)'
)

Redesign = Callable[[str, str], str]
"""The page's HTML and its path to the redesigned HTML."""


def _is_article(path: str) -> bool:
    return path.startswith(("/news/view/", "/summaries/"))


def _without(pattern: re.Pattern[str], instead: str = "") -> Redesign:
    return lambda html, path: pattern.sub(instead, html) if _is_article(path) else html


def _renamed(*words: tuple[str, str]) -> Redesign:
    def redesign(html: str, path: str) -> str:
        for old, new in words:
            html = html.replace(f">{old}<", f">{new}<")
        return html

    return redesign


def _unreadable_ratings(html: str, path: str) -> str:
    return _STATED_RATING.sub("", _DRAWN.sub('<canvas class="dial"></canvas>', html))


def _title_in_image(html: str, path: str) -> str:
    if not _is_article(path):
        return html
    html = _OTHER_TITLES.sub("", html)
    html = _TITLE_ELEMENT.sub(r"\g<1>Plainly MS", html)
    return _SHOWN_TITLE.sub(r'\1<img src="/static/logo.svg" alt="">', html, count=1)


def _relative_dates(html: str, path: str) -> str:
    return re.sub(r' datetime="[^"]*"', "", _DATE.sub("three weeks ago", html))


def _shell(html: str, path: str) -> str:
    return _BODY.sub(r'\1<div id="root"></div><script src="/static/app.js"></script>', html)


def _empty_listings(html: str, path: str) -> str:
    return (
        html if _is_article(path) else _ENTRIES.sub(lambda found: "".join(filter(None, found.groups())), html)
    )


def _headings_as_images(html: str, path: str) -> str:
    return _HEADING.sub('><img src="/static/logo.svg" alt=""><', html)


def _new_classes(html: str, path: str) -> str:
    def named(found: re.Match[str]) -> str:
        return 'class="' + " ".join(f"x{zlib.crc32(name.encode()):08x}" for name in found[1].split()) + '"'

    return _CLASSES.sub(named, html)


def _new_elements(html: str, path: str) -> str:
    for old, new in (("section", "div"), ("article", "div"), ("B", "STRONG"), ("FONT", "SPAN"), ("h3", "h4")):
        html = re.sub(rf"<(/?){old}\b", rf"<\1{new}", html)
    return re.sub(r'<div (class="css-9hd02m[^>]*>(?:(?!</div>).)*)</div>', r"<h3 \1</h3>", html)


def _new_order(html: str, path: str) -> str:
    """Closing words before the cards; in the two newer layouts topics before the first section."""
    cards, closing = _CARDS.search(html), _CLOSING.search(html)
    if cards is not None and closing is not None and _is_article(path):
        html = html[: cards.start()] + closing[0] + cards[0] + html[closing.end() :]
    topics = _TOPICS.search(html)
    if topics is not None and not topics[0].startswith("<P>"):
        html = _BEFORE_FOUND.sub(lambda _: topics[0], html[: topics.start()] + html[topics.end() :], count=1)
    return html


def _wrappers(html: str, path: str) -> str:
    html = re.sub(r"<(h2)\b([^>]*)>(.*?)</h2>", r"<div><div><h2\2><span>\3</span></h2></div></div>", html)
    html = re.sub(r"<P>([^\n]*)\n", r"<P><SPAN>\1</SPAN>\n", html)
    html = re.sub(
        r'(<div class="leading-relaxed mb-4">(?:(?!</div>).)*</div>)', r"<div><div>\1</div></div>", html
    )
    return _BODY.sub(
        lambda found: f"{found[1]}<div><div><div>{found[0][len(found[1]) :]}</div></div></div>", html
    )


def _advertisements(html: str, path: str) -> str:
    link = '<a href="https://ads.example/1"><img src="https://ads.example/1.gif" alt=""></a>'
    ad = f'<div class="ad">{link}</div>'
    return _BEFORE_FOUND.sub(ad, _CARDS.sub(lambda found: ad + found[0], html), count=1)


def _new_section(html: str, path: str) -> str:
    section = "<section><h2>Ask Your Care Team</h2><p>Bring this page to your next visit.</p></section>\n"
    return _SECTION_END.sub(section, html, count=1) if _is_article(path) else html


def _banner(html: str, path: str) -> str:
    banner = (
        '<div class="cookies" role="dialog"><h2>We value your privacy</h2>'
        "<p>We use cookies to keep this site running.</p><button>Accept</button></div>"
    )
    return re.sub(r"(<body[^>]*>)", rf"\1{banner}", html, flags=re.I)


def _newsletter(html: str, path: str) -> str:
    form = (
        '<form action="/subscribe"><h2>Stay in Touch</h2><input name="mail"><button>Subscribe</button></form>'
    )
    return re.sub(r"(?=</body>)", form, html, flags=re.I)


def _white_space(html: str, path: str) -> str:
    return re.sub(r">\s*(?=</?(?:div|section|p|ul|li|dl|h2|TR|TABLE)\b)", ">\n\n   <!-- . -->\n", html)


HARMFUL: Mapping[str, Redesign] = MappingProxyType(
    {
        "takeaway-renamed": _renamed(("Key Takeaway", "The Gist")),
        "findings-renamed": _renamed(("What They Found", "Our Discoveries")),
        "considerations-dropped": _without(_CONSIDERATIONS),
        "topics-in-script": _without(_TOPICS, "<script>fillTopics()</script>"),
        "ratings-on-canvas": _unreadable_ratings,
        "ratings-renamed": _renamed(("Credibility", "Trust"), ("Interest", "Buzz")),
        "cards-gone": _without(_CARDS),
        "details-gone": _without(_DETAILS),
        "title-in-image": _title_in_image,
        "journal-reworded": _without(_JOURNAL, "What medical journals print ranges from"),
        "dates-relative": _relative_dates,
        "headings-as-images": _headings_as_images,
        "listings-in-script": _empty_listings,
        "shell": _shell,
    }
)
"""Redesigns that take something away."""

HARMLESS: Mapping[str, Redesign] = MappingProxyType(
    {
        "classes": _new_classes,
        "elements": _new_elements,
        "order": _new_order,
        "wrappers": _wrappers,
        "advertisements": _advertisements,
        "new-section": _new_section,
        "spellings": _renamed(("Key Takeaway", "KEY TAKEAWAYS"), ("What They Found", "What Did They Find?")),
        "banner": _banner,
        "newsletter": _newsletter,
        "white-space": _white_space,
    }
)
"""Redesigns after which everything can still be read."""

REDESIGNS = (*HARMFUL, *HARMLESS)


def redesigned(html: str, path: str, name: str | None) -> str:
    """A page's HTML after the redesign called `name`; None is the site as it was. Raises KeyError."""
    if name is None:
        return html
    return (HARMFUL.get(name) or HARMLESS[name])(html, path)
