"""How long measurements take, for people: as long as the last time, when they were made in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.measurements import Measurement


def spoken(seconds: float) -> str:
    """`40 s`, `6 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def plan_lines(chosen: Sequence[Measurement], last: Mapping[str, float]) -> Iterator[str]:
    """What will be measured, a line each, and how long that takes altogether; `last`: by name, the seconds
    that those took which were measured in the same way before."""
    for one in chosen:
        took = spoken(last[one.name]) if one.name in last else "not known"
        yield f"  {one.name:<12}{took:>12}   {one.title}"
    known = [last[one.name] for one in chosen if one.name in last]
    if not known:
        return
    others = len(chosen) - len(known)
    beside = f", and {others} of which it is not known" if others else ""
    yield f"  {'altogether':<12}{spoken(sum(known)):>12}   as long as they took the last time{beside}"
