"""The parts of the report that tell what the archive holds, and what its articles are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crawler.report import figures
from crawler.report.labels import plural, share, short, size
from crawler.report.model import Block, Section, Table, table
from crawler.report.periods import Periods, periods
from storage.statistics.contents import Contents, Named, Rating
from storage.statistics.growth import Growth

MOST_BARS, MOST_COLUMNS = 60, 16
"""Stretches of time in a picture of bars, and in a shaded table."""
MOST_NAMES, MOST_SHADED = 20, 12
"""Topics and journals in a picture."""
MOST_RATINGS = 11
_FEW = 5
"""Of so many topics that several articles have, those of a single article are not drawn."""
_UNDATED = "no date"


def growth_section(grown: Growth, since: str | None) -> Section:
    """How the archive grew, since a time if one is given."""
    days = [day for day in grown.days if since is None or day.day >= since[:10]]
    lead = (
        f"{plural(grown.articles, 'article')} ({grown.gone:,} gone from the site), "
        f"{plural(grown.revisions, 'revision')}, from {plural(grown.captures, 'capture')} "
        f"({size(grown.bytes)} in WARC files)."
        if grown.captures
        else "The archive is empty: nothing has been captured yet."
    )
    if not days:
        return Section("growth", "What it holds, and how it grew", lead, ())
    numbers = table(
        "What the archive held at the end of each day on which something was captured",
        ("Day (UTC)", "Articles", "Revisions", "Captures", "Bytes in WARC files"),
        [(day.day, day.articles, day.revisions, day.captures, day.bytes) for day in days],
    )
    if len(days) == 1:
        text = f"All of it was captured on one day, {days[0].day} (UTC): there is no growth to draw yet."
        if since is not None:
            text = f"Since then something was captured on one day only, {days[0].day} (UTC)."
        return Section("growth", "What it holds, and how it grew", lead, [Block(text=text, table=numbers)])
    lines = [
        figures.Part("Articles", [day.articles for day in days]),
        figures.Part("Revisions", [day.revisions for day in days]),
    ]
    picture = figures.growing(
        "growth", "Articles and revisions in the archive", [day.day for day in days], lines, "Number"
    )
    text = (
        "Known until then, those gone since included. A revision is an article's own text as it stood once."
    )
    return Section("growth", "What it holds, and how it grew", lead, [Block(picture, text, numbers)])


def dates_section(held: Contents, until: str) -> Section:
    """Articles by the dates that the site prints; `until` (UTC text) is when a date begins to be ahead."""
    title, shown = "Articles by month", periods(held.by_date, MOST_BARS)
    undated = held.by_date.get("", 0)
    lead = "By the dates that the site prints on cards and pages: as precise as printed, right or wrong."
    if shown is None:
        text = "None of the articles bears a date." if held.articles else "There is no article yet."
        return Section("dates", title, lead, [Block(text=text)])
    ahead = {date: many for date, many in held.by_date.items() if date > until[: len(date)]}
    behind = {date: many for date, many in held.by_date.items() if date not in ahead}
    parts = [
        figures.Part(f"Dated until {until[:10]}", shown.spread(behind)),
        figures.Part("Dated ahead of that", shown.spread(ahead)),
    ]
    picture = figures.standing_bars(
        "dates", f"Articles by {shown.unit} of their date", shown, parts, _axis("Date as printed", shown),
        "Articles",
    )  # fmt: skip
    vague = sum(many for date, many in held.by_date.items() if date and shown.place(date) is None)
    said = [f"{plural(undated, 'article')} without a date"] if undated else []
    said += [f"{plural(vague, 'article')} dated with a year only"] if vague else []
    text = f"Not in the picture: {' and '.join(said)}." if said else ""
    if ahead:
        text = f"{plural(sum(ahead.values()), 'date')} lie ahead: the site prints such dates. {text}"
        text = text.replace("1 date lie ", "1 date lies ")
    numbers = table(
        "Articles by date",
        ("Date as printed", "Articles", "Ahead of the archive's last run"),
        [
            (date or _UNDATED, many, "yes" if date in ahead else "")
            for date, many in sorted(held.by_date.items(), key=lambda item: (not item[0], item[0]))
        ],
    )
    return Section("dates", title, lead, [Block(picture, text.strip(), numbers)])


def topics_section(held: Contents) -> Section:
    """The most frequent topics, over time, and which go together."""
    lead = (
        f"{plural(len(held.topics), 'topic')}, spellings of one taken together; "
        f"without any: {held.without_topics:,} of {plural(held.articles, 'article')}."
    )
    if not held.topics:
        return Section("topics", "Topics", lead, [Block(text="No article has topics.")])
    several = [topic for topic in held.topics if topic.articles > 1]
    most = (several if len(several) >= _FEW else held.topics)[:MOST_NAMES]
    bars = [(topic.name, float(topic.articles)) for topic in most]
    frequent = Block(
        figures.lying_bars("topics", _first(len(most), held.topics, "topics"), bars, "Articles"),
        "Each under its most frequent spelling.",
        _names_table("Topics", held.topics, held.articles),
    )
    return Section("topics", "Topics", lead, [frequent, *_over_time(held), *_together(held)])


def _over_time(held: Contents) -> list[Block]:
    shown = periods(held.by_date, MOST_COLUMNS)
    if shown is None or shown.number < 2:
        return []
    rows = held.topics[:MOST_SHADED]
    cells = [shown.spread(topic.by_date) for topic in rows]
    names = [topic.name for topic in rows]
    described = (
        f"Table of {plural(len(rows), 'topic')} by {shown.unit} from {shown.names[0]} to {shown.names[-1]}, "
        "shaded by the number of articles; the numbers are in the table that follows."
    )
    picture = figures.shaded(
        "topics-over-time", f"Topics by {shown.unit}: number of articles", names, shown.names, cells,
        _axis("Date as printed", shown), described,
    )  # fmt: skip
    numbers = table(
        f"Articles with a topic, by {shown.unit}",
        ("Topic", *shown.names),
        [(short(name, 80), *row) for name, row in zip(names, cells, strict=True)],
    )
    return [Block(picture, "By the articles' dates; articles without one are not counted.", numbers)]


def _together(held: Contents) -> list[Block]:
    if not held.pairs:
        return [Block(text="No two topics stand on the same article.")]
    names = {topic.group: topic.name for topic in held.topics}
    counted = {topic.group: topic.articles for topic in held.topics}
    found = {(pair.one, pair.other): pair.articles for pair in held.pairs}
    # Those topics that have most to do with others, in the order of the pictures before.
    ties: dict[str, int] = {}
    for pair in held.pairs:
        for group in (pair.one, pair.other):
            ties[group] = ties.get(group, 0) + pair.articles
    chosen = sorted(ties, key=lambda group: (-ties[group], group))[:MOST_SHADED]
    chosen.sort(key=lambda group: (-counted[group], group))
    rows, columns = chosen[1:], chosen[:-1]
    cells = [
        [
            found.get((min(row, column), max(row, column)), 0) if place <= at else None
            for place, column in enumerate(columns)
        ]
        for at, row in enumerate(rows)
    ]
    picture = figures.shaded(
        "topics-together", "Topics that go together: articles with both", [names[row] for row in rows],
        [names[column] for column in columns], cells, "Topic",
        f"Table of {plural(len(chosen), 'topic')} against each other, shaded by the number of articles that "
        "have both; the numbers are in the table that follows.",
    )  # fmt: skip
    numbers = table(
        "Topics that stand on the same articles",
        ("Topic", "Topic", "Articles with both", "Of those with the rarer one"),
        [
            (
                short(names[pair.one], 80), short(names[pair.other], 80), pair.articles,
                share(pair.articles, min(counted[pair.one], counted[pair.other])),
            )
            for pair in held.pairs
        ],
    )  # fmt: skip
    return [Block(picture, "", numbers)]


def journals_section(held: Contents) -> Section:
    """The most frequent journals."""
    named = sum(journal.articles for journal in held.journals)
    lead = (
        f"{plural(len(held.journals), 'journal')}, spellings of one taken together; "
        f"without any: {held.articles - named:,} of {plural(held.articles, 'article')}."
    )
    if not held.journals:
        return Section("journals", "Journals", lead, [Block(text="No article names its journal.")])
    bars = [(journal.name, float(journal.articles)) for journal in held.journals[:MOST_NAMES]]
    picture = figures.lying_bars("journals", _first(MOST_NAMES, held.journals, "journals"), bars, "Articles")
    numbers = _names_table("Journals", held.journals, held.articles)
    return Section("journals", "Journals", lead, [Block(picture, "", numbers)])


def ratings_section(held: Contents) -> Section:
    """How often each value of the two ratings is given."""
    lead = "The site's own ratings, as its pages show them."
    panels: dict[str, list[tuple[str, int]]] = {}
    rows, text = [], []
    for name, found in held.ratings.items():
        rated = sum(one.articles for one in found)
        text.append(f"Without {name}: {held.articles - rated:,} of {plural(held.articles, 'article')}.")
        rows += [
            (name, _value(one), "?" if one.scale is None else f"{one.scale:g}", one.articles) for one in found
        ]
        panels |= _panel(name, found)
    if not panels:
        return Section("ratings", "Ratings", lead, [Block(text="No article is rated.")])
    picture = figures.ratings("ratings", "Articles by rating", panels)
    numbers = table("Articles by rating", ("Rating", "Value", "Best value", "Articles"), rows)
    return Section("ratings", "Ratings", lead, [Block(picture, " ".join(text), numbers)])


def _panel(name: str, found: Sequence[Rating]) -> dict[str, list[tuple[str, int]]]:
    """The bars of the scale that most articles are rated on: each whole value, or as they come when there
    are others between."""
    on_scale: dict[float | None, int] = {}
    for one in found:
        on_scale[one.scale] = on_scale.get(one.scale, 0) + one.articles
    if not on_scale:
        return {}
    scale = max(on_scale, key=lambda key: (on_scale[key], key or 0))
    values = {one.value: one.articles for one in found if one.scale == scale}
    label = name.capitalize() if scale is None else f"{name.capitalize()}, of {scale:g}"
    whole = scale is not None and scale <= MOST_RATINGS and all(value == int(value) for value in values)
    if whole:
        assert scale is not None
        least = min(0 if 0 in values else 1, int(min(values)))
        values = {float(value): values.get(value, 0) for value in range(least, int(scale) + 1)} | values
    if len(values) > MOST_RATINGS:
        return {label: _binned(values)}
    return {label: [(f"{value:g}", values[value]) for value in sorted(values)]}


def _binned(values: Mapping[float, int]) -> list[tuple[str, int]]:
    """Five stretches of equal length, each by the value that it begins with."""
    least, most = min(values), max(values)
    step, bins = (most - least) / 5, [0] * 5
    for value, many in values.items():
        bins[min(4, int((value - least) / step))] += many
    return [(f"≥{least + place * step:.3g}", many) for place, many in enumerate(bins)]


def fields_section(held: Contents) -> Section:
    """What share of the articles has each field."""
    lead = (
        "What was found on the articles' pages. What is not there is missing on the page, or in its capture."
    )
    if not held.articles:
        return Section(
            "fields", "How complete the articles are", lead, [Block(text="There is no article yet.")]
        )
    bars = [(name, 100 * many / held.articles) for name, many in held.fields.items()]
    picture = figures.lying_bars(
        "fields", "Articles that have the field", bars, "Share of all articles (%)", percent=True
    )
    numbers = table(
        "Articles that have the field",
        ("Field", "Articles", "Share", "Lacking"),
        [
            (name, many, share(many, held.articles), held.articles - many)
            for name, many in held.fields.items()
        ],
    )
    text = "Why a page lacks a field: msarchive show ID --evidence, or the view article_absences."
    return Section("fields", "How complete the articles are", lead, [Block(picture, text, numbers)])


def _value(rating: Rating) -> str:
    return f"{rating.value:g}"


def _axis(name: str, shown: Periods) -> str:
    return f"{name} ({shown.unit if shown.months <= 12 else f'{shown.unit} each'})"


def _first(most: int, named: Sequence[Named], what: str) -> str:
    return f"The {most} most frequent {what}" if len(named) > most else f"All {what}"


def _names_table(caption: str, named: Sequence[Named], articles: int) -> Table:
    return table(
        caption,
        ("Name", "Articles", "Share", "Spelled also"),
        [
            (
                short(one.name, 120), one.articles, share(one.articles, articles),
                "; ".join(short(name, 60) for name in one.spellings[1:6]),
            )
            for one in named
        ],
    )  # fmt: skip
