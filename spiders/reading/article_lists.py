"""The article's lists: its topics, and the cards that stand below it."""

from __future__ import annotations

from spiders.reading.article_context import ArticleContext
from spiders.reading.by_order import lines_from_first_date
from spiders.reading.cards import CardReader
from spiders.reading.model import Card, Reason, Topic
from spiders.reading.structured import texts_of
from spiders.reading.topics import read_topics
from spiders.reading.words import comparable


def read_topic_list(article: ArticleContext) -> tuple[Topic, ...] | None:
    """The topics in the page's order; None when it shows no topic list."""
    _, lines = article.part("topics")
    lines = [
        line for line in lines
        if line.block.index not in article.placed and not article.is_label(line)
        and not (line.block.hidden and comparable(line.text) in article.visible_texts)
    ]  # fmt: skip
    glued = article.page.form == "text"
    topics = read_topics(article.whole(lines) if glued else lines, glued)
    topics = tuple((topic, line) for topic, line in topics if line is not article.torn)
    for number, (topic, line) in enumerate(topics):
        article.ledger.take(line, "topics")
        article.ledger.won(f"topics[{number}]", topic.text, "heading", line)
    if topics:
        return tuple(topic for topic, _ in topics)
    # A page that is cut off may be going to show other ones.
    for claim in article.claims("topics") if not article.page.cut_off else ():
        values = claim.value if isinstance(claim.value, (list, tuple)) else (claim.value,)
        texts = texts_of(values)
        if texts:
            article.ledger.won("topics", ", ".join(texts), claim.rule, where=claim.where)
            return tuple(Topic(text) for text in dict.fromkeys(texts))
    article.missing("topics", can_show=article.has_own_parts())
    return None


def read_cards(article: ArticleContext, by_order: bool) -> tuple[Card, ...]:
    """The cards in the order shown; `by_order` says that no heading tells where they begin."""
    _, lines = article.part("cards")
    if not lines and by_order:
        lines = lines_from_first_date(article)
    lines = article.whole([line for line in lines if line.block.index not in article.placed])
    cards = CardReader(article.profile, article.page.base, article.ledger.take).read(
        lines, article.page.own_id
    )
    article.placed |= {
        line.block.index
        for line in lines
        if article.ledger.takes.get(line.block.index, "").startswith("card")
    }
    if not cards:
        article.missing("cards", can_show=True)
    elif article.page.form == "text":
        for name in ("title", "url", "image"):
            if all(getattr(card, name) is None for card in cards):
                article.ledger.absent(f"cards[*].{name}", Reason.CAPTURE_CANNOT_SHOW)
    return cards
