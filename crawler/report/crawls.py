"""The parts of the report that tell what changed on the site, and how the crawls went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from crawler.report import figures
from crawler.report.labels import plural, share, short
from crawler.report.model import Block, Change, Section, table
from crawler.report.periods import periods
from storage.history import FieldChange, source_lines
from storage.statistics.crawls import Crawls, RunNumbers
from storage.statistics.news import KINDS, News
from storage.word_diff import Piece, word_diff

MOST_MONTHS, MOST_RUNS, MOST_FIELDS, MOST_REASONS = 60, 30, 16, 40
_TOLD = {
    "new": "New articles",
    "changed": "Changed",
    "gone": "Gone",
    "back": "Back",
    "moved": "Moved",
}
_GOOD, _UNFINISHED, _BAD = ("complete",), ("incomplete", "stopped", "limit", "running"), (
    "blocked", "changed", "killed", "failed",
)  # fmt: skip
_OUTCOMES = ("Complete", "Unfinished", "Trouble", "Import or reread")
_AROUND, _LONGEST, _MOST_PIECES = 60, 400, 24
"""Characters of unchanged text beside a change; of a changed passage; pieces of one field."""


def changes_section(news: News, since: str | None) -> Section:
    """What changed on the site: by month, by field, and the latest of it in words."""
    title = "What changed" if since is None else f"What changed since {since[:10]}"
    totals = {kind: sum(month[kind] for month in news.by_month.values()) for kind in KINDS}
    lead = (
        f"{plural(totals['new'], 'article')} first seen, {plural(totals['changed'], 'later revision')}, "
        f"{totals['gone']:,} gone, {totals['back']:,} back, {totals['moved']:,} moved to another address. "
        "Dated by the capture that shows it: the site made the change between that one and the one before."
    )
    blocks = [_by_month(news), _by_field(news)] if any(totals.values()) else [Block(text="Nothing changed.")]
    return Section("changes", title, lead, blocks, tuple(_latest(news)))


def _by_month(news: News) -> Block:
    numbers = table(
        "What happened to articles, by month of the capture that shows it (UTC)",
        ("Month", *_TOLD.values()),
        [(month, *(kinds[kind] for kind in KINDS)) for month, kinds in news.by_month.items()],
    )
    if len(news.by_month) == 1:
        return Block(text=f"All of it in one month, {min(news.by_month)}.", table=numbers)
    shown = periods(dict.fromkeys(news.by_month, 1), MOST_MONTHS)
    assert shown is not None
    parts = [
        figures.Part(
            _TOLD[kind], shown.spread({month: kinds[kind] for month, kinds in news.by_month.items()})
        )
        for kind in KINDS
    ]
    picture = figures.standing_bars(
        "changes", f"What happened to articles, by {shown.unit}", shown, parts,
        f"{shown.unit.capitalize()} of the capture (UTC)", "Articles",
    )  # fmt: skip
    return Block(picture, "", numbers)


def _by_field(news: News) -> Block:
    if not news.by_field:
        return Block(text="No field of an article has changed.")
    bars = [(field, float(many)) for field, many in list(news.by_field.items())[:MOST_FIELDS]]
    picture = figures.lying_bars(
        "fields-changed", "Fields that changed", bars, "Times that a revision changed it"
    )
    return Block(picture, "", table("Fields that changed", ("Field", "Times"), news.by_field.items()))


def _latest(news: News) -> Iterator[Change]:
    for entry in news.latest:
        for change in entry.changes:
            yield Change(
                entry.at[:19].replace("T", " "), short(entry.title or "(no title)", 120), short(entry.key),
                change.field, tuple(_pieces(change)),
            )  # fmt: skip


def _pieces(change: FieldChange) -> Iterator[Piece]:
    """What went and what came, with as much beside it as tells where."""
    before, after = _text(change, change.before), _text(change, change.after)
    if change.field == "topics":
        for kind, topics in (("removed", change.removed), ("added", change.added)):
            for topic in topics or ():
                yield Piece(kind, short(topic, 80))  # type: ignore[arg-type]  # one of the two
        return
    if change.field in ("credibility", "interest", "journal") or not before or not after:
        yield from (Piece("removed", _cut(before)),) if before else ()
        yield from (Piece("added", _cut(after)),) if after else ()
        return
    pieces = word_diff(before, after)
    for place, piece in enumerate(pieces[:_MOST_PIECES]):
        if piece.kind != "same":
            yield Piece(piece.kind, _cut(piece.text))
        else:
            yield Piece("same", _beside(piece.text, place == 0, place == len(pieces) - 1))
    if len(pieces) > _MOST_PIECES:
        yield Piece("same", " …")


def _text(change: FieldChange, value: str | None) -> str:
    if change.field == "source":
        return "\n".join(source_lines(value))
    return value or ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _beside(text: str, is_first: bool, is_last: bool) -> str:
    """Unchanged text, of which the middle is left out, or the end that no change is near."""
    if len(text) <= 2 * _AROUND:
        return text
    begin, end = "" if is_first else text[:_AROUND], "" if is_last else text[-_AROUND:]
    if " " in begin:
        begin = begin[: begin.rindex(" ") + 1]
    if " " in end:
        end = end[end.index(" ") :]
    return f"{begin}…{end}"


def runs_section(crawled: Crawls, since: str | None) -> Section:
    """How the runs ended and what they captured."""
    title = "How the crawls went" if since is None else f"How the crawls went since {since[:10]}"
    ended = Counter(one.run.outcome or "running" for one in crawled.runs)
    told = ", ".join(f"{many:,} {outcome}" for outcome, many in sorted(ended.items(), key=_by_number))
    lead = f"{plural(len(crawled.runs), 'run')}{f': {told}' if told else ''}."
    numbers = table(
        "Runs, the newest first",
        ("Run", "Kind", "Began (UTC)", "Took", "Outcome", "Captures", "Unchanged (304)", "New", "Why"),
        [_run_row(one) for one in reversed(crawled.runs)],
    )
    shown = [one for one in crawled.runs if one.captures][-MOST_RUNS:]
    if len(shown) < 2:
        text = "Fewer than two runs captured something: there is nothing to compare."
        return Section("runs", title, lead, [Block(text=text, table=numbers if crawled.runs else None)])
    parts = [
        figures.Part(name, [one.captures if _outcome(one) == name else 0 for one in shown])
        for name in _OUTCOMES
    ]
    heading = (
        "Captures by run" if len(shown) == len(crawled.runs) else f"Captures of the last {len(shown)} runs"
    )
    picture = figures.numbered_bars(
        "runs", heading, [str(one.run.id) for one in shown], parts, "Number of the run", "Captures"
    )
    text = (
        "Complete: every address had its answer. Unfinished: incomplete, stopped, at a limit, or at work. "
        "Trouble: blocked, killed, failed, or the site had changed."
    )
    return Section("runs", title, lead, [Block(picture, text, numbers)])


def _by_number(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _outcome(one: RunNumbers) -> str:
    if one.run.kind not in ("crawl", "demo"):
        return _OUTCOMES[3]
    if one.run.outcome in _GOOD:
        return _OUTCOMES[0]
    return _OUTCOMES[1] if one.run.outcome in (*_UNFINISHED, None) else _OUTCOMES[2]


def _run_row(one: RunNumbers) -> tuple[str | int, ...]:
    run = one.run
    took = "" if run.ended_at is None else _duration(run.started_at, run.ended_at)
    new = run.counts.get("new_articles", 0)
    return (
        "" if run.id is None else str(run.id), run.kind, run.started_at[:19].replace("T", " "), took,
        run.outcome or "running", one.captures, one.unchanged, int(new), short(run.reason or "", 100),
    )  # fmt: skip


def _duration(began: str, ended: str) -> str:
    seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def coverage_section(crawled: Crawls) -> Section:
    """What became of every address ever heard of."""
    by_state: Counter[str] = Counter()
    for (state, _), many in crawled.coverage.items():
        by_state[state] += many
    total = by_state.total()
    lead = f"{plural(total, 'address', 'addresses')} ever heard of, each in exactly one state, with a reason."
    if crawled.unexplained is not None:
        lead += f" {crawled.unexplained:,} of them are not accounted for."
    if not total:
        return Section("coverage", "How complete it is", lead, [Block(text="No address is known yet.")])
    bars = [(state, float(many)) for state, many in by_state.items()]
    picture = figures.lying_bars("coverage", "Addresses by state", bars, "Addresses")
    rows = [
        (state, short(reason, 100), many, share(many, total))
        for (state, reason), many in crawled.coverage.items()
    ]
    numbers = table("Addresses by state and reason", ("State", "Reason", "Addresses", "Share"), rows)
    return Section("coverage", "How complete it is", lead, [Block(picture, "", numbers)])


def alarms_section(crawled: Crawls) -> Section:
    """Fields that the site's pages have lost."""
    standing = sum(one.cleared_at is None for one in crawled.alarms)
    cleared = len(crawled.alarms) - standing
    lead = f"{plural(standing, 'alarm stands', 'alarms stand')}, {cleared:,} were cleared."
    if crawled.quarantined is not None:
        lead += f" {plural(crawled.quarantined, 'reading waits', 'readings wait')} in quarantine."
    if not crawled.alarms:
        text = "No field has ever vanished from more pages than chance takes away."
        return Section("alarms", "Alarms", lead, [Block(text=text)])
    rows = [
        (
            one.raised_at[:19].replace("T", " "), one.field, one.layout or "all",
            f"{one.lost:,} of {one.pages:,}", short(one.instead, 120),
            "stands" if one.cleared_at is None else f"cleared {one.cleared_at[:10]}: {one.cleared_why}",
        )
        for one in reversed(crawled.alarms)
    ]  # fmt: skip
    numbers = table(
        "Alarms, the newest first",
        ("Raised (UTC)", "Field", "Layout", "Pages that lack it", "Stands there instead", "Now"),
        rows,
    )
    return Section("alarms", "Alarms", lead, [Block(table=numbers)])
