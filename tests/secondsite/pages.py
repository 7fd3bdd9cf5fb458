"""The second site's pages: *Rheuma kurz gefasst*, in German, in the markup of another time.

Articles are `befund.php?nr=2041`, told apart by their query; lists are pages of a table, five at a time, and
there is no sitemap. The site's name is every page's `<title>` and `<h1>`, an article's title an `<h2>`. Its
parts are a definition list, its ratings a word and `4/5`, its journal and date a byline, its topics words
after a colon, its cards a table in a side column, its paper a table of labels. All of it in Windows-1252, as
its header says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

ARTICLES = Path(__file__).with_name("articles.toml")
PROFILE = Path(__file__).with_name("profile.toml")
TYPE = "text/html; charset=windows-1252"
A_PAGE = 5
NEWEST = 4
NAME = "Rheuma kurz gefasst"
NOTES = (
    "Alle Kurzfassungen entstehen ehrenamtlich, werden von zwei Personen "
    "gegengelesen und ersetzen keinen Arztbesuch.",
    "Wer einen Fehler findet, schreibe der Redaktion; Berichtigungen stehen am Fuß des jeweiligen Befunds.",
)
MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
HEADINGS = {
    "frage": "Worum ging es?", "ergebnis": "Was kam heraus?", "bedeutung": "Was heißt das für Betroffene?",
    "grenzen": "Wo sind die Grenzen?",
}  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """The original paper."""

    titel: str
    autoren: Sequence[str]
    doi: str


@dataclass(frozen=True)
class Befund:
    """An article, as a person would write it down."""

    nr: int
    titel: str
    zeitschrift: str
    datum: str
    """ISO 8601."""
    kurz: str
    frage: Sequence[str]
    ergebnis: Sequence[str]
    bedeutung: Sequence[str]
    grenzen: Sequence[str]
    aussagekraft: str
    nutzen: int
    schlagworte: Sequence[str]
    minuten: int
    arbeit: Paper | None = None

    @property
    def target(self) -> str:
        """Path and query."""
        return f"/befund.php?nr={self.nr}"

    @property
    def printed_date(self) -> str:
        """As its byline has it: `3. November 2024`."""
        day = date.fromisoformat(self.datum)
        return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"

    @property
    def card_date(self) -> str:
        """As lists have it: `03.11.2024`."""
        return date.fromisoformat(self.datum).strftime("%d.%m.%Y")


def articles() -> tuple[Befund, ...]:
    """All articles, the newest first."""
    listed: list[dict[str, Any]] = tomllib.loads(ARTICLES.read_text("utf-8"))["befund"]
    made = [
        Befund(**{**entry, "arbeit": Paper(**entry["arbeit"]) if "arbeit" in entry else None})
        for entry in listed
    ]
    return tuple(sorted(made, key=lambda befund: (befund.datum, befund.nr), reverse=True))


def newest(befunde: Sequence[Befund], than: Befund | None = None) -> list[Befund]:
    """What stands in the side column, on an article's own page without itself."""
    return [befund for befund in befunde if befund is not than][:NEWEST]


def pages(befunde: Sequence[Befund]) -> Mapping[str, bytes]:
    """Path and query -> body, for all pages that there are."""
    made = {befund.target: _article(befund, befunde) for befund in befunde}
    lists = range(0, len(befunde), A_PAGE)
    for number, start in enumerate(lists, start=1):
        target = "/archiv.php" if number == 1 else f"/archiv.php?seite={number}"
        made[target] = _list(befunde[start : start + A_PAGE], number, len(lists))
    made["/"] = _page("<p>Neues aus der Forschung, in vier Absätzen.</p>", newest(befunde))
    imprint = "<h2>Impressum</h2><p>Redaktion Rheuma kurz gefasst, Musterweg 1.</p>"
    made["/impressum.php"] = _page(imprint, ())
    return {target: body.encode("windows-1252", "xmlcharrefreplace") for target, body in made.items()}


def _page(content: str, cards: Sequence[Befund]) -> str:
    side = f"<aside><h3>Zuletzt erschienen</h3>{_table(cards)}</aside>" if cards else ""
    return (
        f"<!DOCTYPE html>\n<html lang=de><head><title>{NAME}</title></head><body>"
        f"<div id=kopf><h1>{NAME}</h1><p><a href='/'>Start</a> | <a href='/archiv.php'>Archiv</a> | "
        "<a href='/intern/liste.php'>Intern</a></p></div>"
        f"<div id=inhalt>{content}</div>{side}"
        "<div id=fuss><a href='/impressum.php'>Impressum</a></div></body></html>"
    )


def _table(befunde: Sequence[Befund]) -> str:
    rows = (
        f"<tr><td>{befund.card_date}</td><td><a href='{befund.target}'>{escape(befund.titel)}</a></td></tr>"
        for befund in befunde
    )
    return f"<table>{''.join(rows)}</table>"


def _list(befunde: Sequence[Befund], number: int, lists: int) -> str:
    turn = []
    if number > 1:
        back = "/archiv.php" if number == 2 else f"/archiv.php?seite={number - 1}"
        turn.append(f"<a href='{back}'>Neuere Befunde</a>")
    if number < lists:
        turn.append(f"<a href='/archiv.php?seite={number + 1}'>Ältere Befunde</a>")
    return _page(f"<h2>Archiv</h2>{_table(befunde)}<p>{' '.join(turn)}</p>", ())


def _article(befund: Befund, befunde: Sequence[Befund]) -> str:
    parts = "".join(
        f"<dt>{heading}</dt><dd>{''.join(f'<p>{escape(text)}</p>' for text in getattr(befund, key))}</dd>"
        for key, heading in HEADINGS.items()
    )
    topics = f"<p>Schlagwörter: {escape(', '.join(befund.schlagworte))}</p>" if befund.schlagworte else ""
    content = (
        f"<h2 class=titel>{escape(befund.titel)}</h2>"
        f"<p class=zeile>Aus: <cite>{escape(befund.zeitschrift)}</cite> &middot; "
        f"<time datetime='{befund.datum}'>{befund.printed_date}</time></p>"
        f"<p class=wertung>Aussagekraft: <b>{befund.aussagekraft}</b> &middot; "
        f"Alltagsnutzen: <b>{befund.nutzen}/5</b> &middot; Lesezeit: {befund.minuten} Minuten</p>"
        f"<p class=kern><b>Kurz gesagt:</b> {escape(befund.kurz)}</p>"
        f"<dl>{parts}</dl>{topics}{_paper(befund)}"
        f"<hr>{''.join(f'<p><small>{note}</small></p>' for note in NOTES)}"
    )
    return _page(content, newest(befunde, befund))


def _paper(befund: Befund) -> str:
    paper = befund.arbeit
    if paper is None:
        return ""
    return (
        f"<h4>Originalarbeit</h4><table><tr><th>Titel</th><td>{escape(paper.titel)}</td></tr>"
        f"<tr><th>Verfasst von</th><td>{escape('; '.join(paper.autoren))}</td></tr>"
        f"<tr><th>Erschienen in</th><td>{escape(befund.zeitschrift)}</td></tr>"
        f"<tr><th>DOI</th><td><a href='https://doi.org/{paper.doi}'>{paper.doi}</a></td></tr></table>"
    )
