"""What a site's answers say about whether it wants us to ask less, or not at all. No network, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

PUSHBACKS = frozenset({429, 503})
"""Statuses by which a site asks for less: too many requests (RFC 6585 section 4), service unavailable (RFC
9110 section 15.6.4)."""
LONGEST_RETRY_AFTER_S = 7 * 86_400.0
"""A later `Retry-After` counts as this: a slip in a header should not end a site's archive for ever."""
_FORBIDDEN = frozenset({401, 403})
_GONE = frozenset({404, 410})
_PUSHED_IN_A_ROW = 3
_FORBIDDEN_IN_A_ROW = 10
_BAD_IN_A_ROW = 20


def retry_after(headers: Iterable[tuple[str, str]], now: datetime) -> float | None:
    """Seconds that an answer's `Retry-After` asks us to wait; None without one, or with nonsense in it.

    RFC 9110 section 10.2.3: seconds, or a date. A date counts from the answer's own `Date` where it has one,
    so that neither clock need be right. At most `LONGEST_RETRY_AFTER_S`; a date that has passed is 0.
    """
    values = {name.lower(): value.strip() for name, value in reversed(list(headers))}
    asked = values.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return float(min(int(asked[:20]), int(LONGEST_RETRY_AFTER_S)))
    until = _date(asked)
    if until is None:
        return None
    since = _date(values.get("date", "")) or now
    return min(max(0.0, (until - since).total_seconds()), LONGEST_RETRY_AFTER_S)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


class Standing:
    """How we stand with a site: what its last answers for pages were. robots.txt is no page.

    Addresses are counted, not answers: one that fails whenever it is asked is a page's fault, and says
    nothing of the others.
    """

    def __init__(self) -> None:
        self._worked = False
        self._refused = 0
        self._in_a_row = 0
        self._bad: set[str] = set()
        self._pushed: set[str] = set()
        self._forbidden: set[str] = set()
        self._last = ""

    def heard(self, url: str, status: int | None, *, is_challenge: bool = False) -> str | None:
        """Note what a page's address brought (`status` None: no answer, though there was a connection before;
        `is_challenge`: a bot challenge in place of the page); why the site blocks us, None when it does not.
        """
        if status is not None and (status < 400 or status in _GONE) and not is_challenge:
            self._worked = True
            self._in_a_row = 0
            for addresses in (self._bad, self._pushed, self._forbidden):
                addresses.clear()
            return None
        self._in_a_row += 1
        self._bad.add(url)
        self._last = "a bot challenge" if is_challenge else f"HTTP {status}" if status else "no answer"
        if is_challenge or status in PUSHBACKS:
            self._pushed.add(url)
            self._refused += 1
        elif status in _FORBIDDEN:
            self._forbidden.add(url)
            self._refused += 1
        return self._blocked()

    def at_end(self) -> str | None:
        """Why the site blocks us, when it refused every page of the run; None when it did not."""
        if self._worked or not self._bad or self._refused < self._in_a_row:
            return None
        return f"the site refused every page: {self._last}"

    def _blocked(self) -> str | None:
        if len(self._pushed) >= _PUSHED_IN_A_ROW or (
            not self._worked and self._pushed and self._in_a_row >= _PUSHED_IN_A_ROW
        ):
            return f"the site limits or blocks us: {self._last} after {self._in_a_row} refusals in a row"
        if len(self._forbidden) >= _FORBIDDEN_IN_A_ROW:
            return f"the site blocks us: {self._last} for {len(self._forbidden)} addresses in a row"
        if len(self._bad) >= _BAD_IN_A_ROW:
            return f"the site has stopped answering: {self._last}, {len(self._bad)} addresses in a row failed"
        return None
