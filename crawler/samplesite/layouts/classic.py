"""The oldest layout: tables, font elements, upper-case tags, paragraphs that are never closed."""

from __future__ import annotations

from ..markup import Frame, attr, esc, fill, ratings, sentences, source_rows
from ..model import Article, Card, Rating, Section, Source

LAYOUT = "classic"
COLUMNS = 3


def page(frame: Frame, title: str, main: str, head: str = "", charset: str | None = None) -> str:
    """Return a whole page around `main`, rows of the outer table; with `charset` a meta element names it."""
    meta = f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={charset}">\n' if charset else ""
    return fill(
        LAYOUT,
        "page",
        meta=meta,
        title=esc(f"{frame.words.name} - {title}"),
        head=head,
        name=esc(frame.words.name),
        main=main,
        note=f"{esc(frame.footer_note)}<P>" if frame.footer_note else "",
        copyright=esc(frame.words.copyright),
    )


def article_page(article: Article, frame: Frame) -> str:
    """Return the page of an article, not yet encoded."""
    closing = (text.replace("{journal}", article.journal) for text in frame.words.closing)
    main = fill(
        LAYOUT,
        "article",
        title=esc(article.title),
        ratings=_ratings(article),
        takeaway=esc(article.takeaway),
        sections="".join(map(_section, article.sections)),
        topics=_topics(article.topics),
        details=_details(article.source) if article.source else "",
        cards=_cards(frame.cards),
        closing_heading=esc(frame.words.closing_heading),
        closing="\n".join(f"<P>{esc(text)}" for text in closing),
    )
    head = f'<LINK REL="canonical" HREF="{attr(frame.base_url + article.path)}">\n'
    return page(frame, article.title, main, head, article.encoding)


def _ratings(article: Article) -> str:
    shown = [
        f"<TD><B>{label}</B> {_rating(rating, article.rating_style)}" for label, rating in ratings(article)
    ]
    return f"<TABLE BORDER=0 CELLPADDING=4><TR>{'<TD>&nbsp;'.join(shown)}</TABLE>" if shown else ""


def _rating(rating: Rating, style: str) -> str:
    if style != "image":
        return f"{rating.value}/{rating.scale}"
    return "".join(
        f'<IMG SRC="/static/star_{"on" if number < rating.value else "off"}.svg" WIDTH=16 HEIGHT=16'
        f' ALT="{f"{rating.value} out of {rating.scale} stars" if number == 0 else ""}">'
        for number in range(rating.scale)
    )


def _section(section: Section) -> str:
    made = f'<TR><TD><FONT SIZE=4 COLOR="#2a4d8f"><B>{esc(section.heading)}</B></FONT>\n'
    in_list = False
    for passage in section.passages:
        if passage.is_item != in_list:
            made += "<UL>" if passage.is_item else "</UL>"
            in_list = passage.is_item
        made += f"{'<LI>' if passage.is_item else '<P>'}{sentences(passage, '<BR>')}\n"
    return made + ("</UL>\n" if in_list else "")


def _topics(topics: tuple[str, ...]) -> str:
    if not topics:
        return ""
    linked = ", ".join(f'<A HREF="/news#{number}">{esc(topic)}</A>' for number, topic in enumerate(topics))
    return f"<P><B>Article Topics:</B> {linked}\n"


def _details(source: Source) -> str:
    link = '<A HREF="{}">Read the original paper</A>'
    rows = source_rows(source, "; ", link)
    listed = "".join(f"<TR><TD VALIGN=TOP>{label}:<TD>{value}\n" for label, value in rows)
    return f'<P><FONT SIZE=4 COLOR="#2a4d8f"><B>More Details</B></FONT>\n<TABLE BORDER=0>\n{listed}</TABLE>\n'


def _cards(cards: tuple[Card, ...]) -> str:
    made = ""
    for number, card in enumerate(cards):
        row = "<TR>" if number % COLUMNS == 0 else ""
        link = f'<A HREF="{attr(card.path)}">'
        made += (
            f'{row}<TD VALIGN=TOP WIDTH="33%">{link}<IMG SRC="{card.image}" ALT="{attr(card.title)}"'
            f" WIDTH=230 HEIGHT=115 BORDER=0></A>\n<BR>{link}<B>{esc(card.title)}</B></A>\n"
            f"<BR><FONT COLOR=gray CLASS=small>{esc(card.date)}</FONT>\n<BR>{esc(card.teaser)}\n"
            f"<BR>{link}Read More</A>\n"
        )
    return made
