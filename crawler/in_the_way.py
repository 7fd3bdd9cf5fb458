"""What stood in the place of pages, in words: for a run's reason and its last lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from spiders.reading.model import Obstacle

_NAMES = {
    Obstacle.SOFT_404: ("soft 404", "soft 404s"),
    Obstacle.LOGIN: ("login wall", "login walls"),
    Obstacle.CHALLENGE: ("bot challenge", "bot challenges"),
    Obstacle.CONSENT: ("consent wall", "consent walls"),
    Obstacle.MAINTENANCE: ("maintenance page", "maintenance pages"),
    Obstacle.SHELL: ("needs a browser", "need a browser"),
}


def in_the_way(obstacles: Iterable[str]) -> str:
    """` (2 soft 404s, 1 bot challenge)` for the names of obstacles, one for each address that has one; ""
    when there are none."""
    found = Counter(Obstacle[name.upper()] for name in obstacles)
    told = [f"{found[one]:,} {_NAMES[one][found[one] > 1]}" for one in Obstacle if found[one]]
    return f" ({', '.join(told)})" if told else ""


def browser_needed(counts: Mapping[str, int]) -> str | None:
    """A line about pages that only a browser would show, and that were not rendered; None without any."""
    number = counts.get("shell", 0) - counts.get("rendered", 0)
    if number <= 0:
        return None
    pages = "1 page is an empty shell" if number == 1 else f"{number:,} pages are empty shells"
    return f"{pages} that a browser would have to render: see 'crawl --render auto'"
