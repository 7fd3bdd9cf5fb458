"""Brings a sample page to a real page's size with what surrounds articles on real sites.

The sample site's pages are lean. A site's own have menus, link columns, icons, a consent dialog, tracking and
style in the page. The mixture stays near real pages: some 20 elements a kilobyte, some 70 links a page.
Script alone would cost a parser time and a reader none, and flatter the ratio.
"""

from __future__ import annotations

import re
from itertools import count

SUBJECTS = (
    "Walking and balance", "Fatigue", "Sleep", "Memory and thinking", "Vision", "Pain", "Bladder and bowel",
    "Mood", "Heat", "Relapses", "Progression", "Early signs", "Diagnosis", "Imaging", "Blood markers",
    "Spinal fluid", "Genetics", "Environment", "Viruses", "Gut bacteria", "Vitamin D", "Diet", "Smoking",
    "Exercise", "Physiotherapy", "Rehabilitation", "Work", "Family", "Pregnancy", "Childhood", "Older age",
    "Injections", "Infusions", "Tablets", "Cell transplants", "Side effects", "Vaccination", "Trials",
    "Devices", "Apps",
)  # fmt: skip
"""What the menu links to, each under `address`."""

_HEAD = (
    '<meta name="theme-color" content="#2a4d8f"><meta name="format-detection" content="telephone=no">'
    '<meta name="twitter:card" content="summary_large_image">'
    '<meta name="robots" content="max-image-preview:large">'
    '<link rel="preconnect" href="https://fonts.example"><link rel="dns-prefetch" href="https://cdn.example">'
    '<link rel="manifest" href="/site.webmanifest"><link rel="apple-touch-icon" href="/touch.png">'
    "<style>:root{--ink:#1d2433;--paper:#fff;--accent:#2a4d8f}*{box-sizing:border-box}"
    "body{margin:0;font:16px/1.6 system-ui,sans-serif;color:var(--ink)}.mega{display:grid;gap:1rem;"
    "grid-template-columns:repeat(auto-fill,minmax(12rem,1fr));padding:1rem 2rem}.mega a{color:inherit;"
    "text-decoration:none}.mega a:hover{text-decoration:underline}.panel[hidden]{display:none}"
    ".consent{position:fixed;bottom:0;inset-inline:0;padding:1rem;background:var(--paper)}</style>"
    "<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'tag.start':new Date().getTime(),event:'tag.js'});"
    "var f=d.getElementsByTagName(s)[0],j=d.createElement(s);j.async=true;j.src='/static/tag.js?id='+i;"
    "f.parentNode.insertBefore(j,f)})(window,document,'script','dataLayer','TAG-0000');</script>\n"
)
_ICON = (
    '<svg class="ico" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">'
    '<path d="M4 4h12v12H4z"/><circle cx="10" cy="10" r="3"/></svg>'
)
_SOCIAL = "".join(
    f'<li><a class="social" href="https://{name}.example/site" rel="noopener">{_ICON}<span class="vh">{name}'
    "</span></a></li>"
    for name in ("photos", "videos", "letters", "friends", "notes")
)
_FOOT = (
    f'<div class="foot"><ul class="social-list">{_SOCIAL}</ul>'
    '<form class="letter" action="/letter" method="post"><label for="mail">Our letter, once a month</label>'
    '<input id="mail" type="email" name="mail" placeholder="you@site.example"><button type="submit">Sign up'
    "</button></form></div>"
    '<div class="consent" role="dialog" aria-label="Cookies" hidden>'
    "<p>We count visits. You decide which cookies we set.</p>"
    '<button type="button">Only what is needed</button><button type="button">All</button></div>'
    '<script>window.__CONFIG__={"env":"production","features":{"search":true,"letter":true,"comments":false},'
    '"locale":"en","release":"2026.11.3"};</script>\n'
)
_A_PANEL_SHOWS = 10
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


def address(subject: str) -> str:
    """The path of a subject's listing."""
    return f"/news/topic/{subject.lower().replace(' ', '-')}"


def padded(page: str, size: int) -> str:
    """`page` (a whole HTML document) brought to about `size` characters; as it is when it has them already.

    Raises ValueError for a page without head or body.
    """
    body = _BODY.search(page)
    head_end, end = page.lower().find("</head>"), page.lower().rfind("</body>")
    if body is None or head_end < 0 or end < 0:
        raise ValueError("not a whole HTML document")
    room = size - len(page) - len(_HEAD) - len(_FOOT)
    if room <= 0:
        return page
    return (
        f"{page[:head_end]}{_HEAD}{page[head_end : body.end()]}"
        f"{_menu(room)}{page[body.end() : end]}{_FOOT}{page[end:]}"
    )


def _menu(room: int) -> str:
    """A menu with closed panels of links, of about `room` characters."""
    made, used = [], 0
    for number in count():
        if used >= room:
            break
        panel, subject = divmod(number, _A_PANEL_SHOWS)
        if subject == 0:
            close = "</ul></div>" if panel else ""
            made.append(f'{close}<div class="panel" id="panel-{panel}" hidden><ul class="mega">')
            used += len(made[-1])
        name = SUBJECTS[number % len(SUBJECTS)]
        made.append(
            f'<li class="mega-item"><a class="mega-link" href="{address(name)}">'
            f'{_ICON}<span class="name">{name}</span><span class="new">New this month</span></a></li>\n'
        )
        used += len(made[-1])
    return f'<nav class="menu" aria-label="Subjects">{"".join(made)}</ul></div></nav>\n' if made else ""
