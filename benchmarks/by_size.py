"""The same question asked of a small archive and of large ones: a row of the page, a column for each size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.measure import Figure

Row = tuple[str, ...]


def table_by_size(figures: Sequence[Figure]) -> tuple[Row, list[Row]]:
    """Head and rows for figures that have a size: a row for those of one name and clock.

    The last column but one says how many times as much the largest archive takes as the next smaller one,
    pair by pair; it is bold where that is more than the archive has grown by.
    """
    sizes = sorted({figure.articles for figure in figures if figure.articles is not None})
    grown = () if len(sizes) < 2 else (f"{sizes[-1]:,} against {sizes[-2]:,}",)
    head = ("What", *(f"{size:,}" for size in sizes), *grown, "Aim")
    rows: dict[str, dict[int | None, Figure]] = {}
    for figure in figures:
        rows.setdefault(f"{figure.name}, {figure.clock}", {})[figure.articles] = figure
    return head, [
        (what, *(_shown(of.get(size)) for size in sizes), *_growth(of, sizes), _aim(of))
        for what, of in rows.items()
    ]


def _shown(figure: Figure | None) -> str:
    return "" if figure is None else figure.shown(figure.ours)


def _growth(of: Mapping[int | None, Figure], sizes: Sequence[int]) -> tuple[str, ...]:
    """Nothing with a single size; an empty cell where one of the two was not measured."""
    if len(sizes) < 2:
        return ()
    larger, smaller = of.get(sizes[-1]), of.get(sizes[-2])
    if larger is None or smaller is None:
        return ("",)
    times = larger.ours.over(smaller.ours)
    shown = f"{times.show('.1f')} times"
    return (f"**{shown}**" if times.median > sizes[-1] / sizes[-2] else shown,)


def _aim(of: Mapping[int | None, Figure]) -> str:
    """The aim with the size that it is for."""
    aimed = [figure for figure in of.values() if figure.aim is not None]
    return "; ".join(
        f"of {figure.articles:,} {figure.aim_text}: "
        + (figure.verdict if figure.met else f"**{figure.verdict}**")
        for figure in aimed
    )
