"""When an address is asked again: the policy, as pure functions of what the URL table knows.

In every round: robots.txt, sitemaps and listings; what the site never answered; what failed last time. Then,
as `Refresh` says: what the sitemap says has changed, what has its time come, a random few others; or all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Refresh = Literal["all", "due", "new"]
REFRESHES: tuple[Refresh, ...] = ("all", "due", "new")
"""Which addresses a round asks again: everything, what the policy says, or none but lists of addresses."""
DueWhy = Literal["always", "new", "retry", "lastmod", "time", "sample", "all"]
"""Why an address is asked; the first that is true."""

DAY_S = 86_400
ANSWERED = frozenset({"stored", "alias", "redirected", "gone"})
"""States of an address that the site, or an import, gave an answer for."""
ALWAYS = frozenset({"robots", "sitemap", "listing"})
"""Kinds that are asked in every round: they tell of everything else."""

LASTMOD_MOVED = (
    "CASE WHEN fetched_lastmod IS NOT NULL THEN lastmod IS NOT fetched_lastmod "
    "ELSE lastmod IS NOT NULL AND substr(lastmod, 1, 10) >= substr(coalesce(last_tried_at, ''), 1, 10) END"
)
"""SQL over `url`: whether the sitemap's date is another one than when the last answer came.

A date that was heard of only after that answer has moved unless its day lies before the answer's. One that is
told no more has moved, too: the sitemap dropped the page.
"""


@dataclass(frozen=True, slots=True)
class RevisitPolicy:
    """How often to ask again; a site profile's `[revisit]`, times in seconds."""

    first_s: int = 7 * DAY_S
    """From the first answer to the second visit."""
    shortest_s: int = DAY_S
    longest_s: int = 90 * DAY_S
    shorter: float = 0.5
    """Factor on the interval for a page that has changed; at most 1."""
    longer: float = 1.5
    """Factor on the interval for one that has not; at least 1."""
    sample: float = 0.02
    """Share of the supposedly unchanged that is asked all the same."""


@dataclass(frozen=True, slots=True)
class KnownUrl:
    """What the table knows of an address when a round begins. Times are UTC text."""

    url: str
    state: str
    lists: bool
    """Whether it is robots.txt, a sitemap or a listing, or has been seen to be a listing."""
    asked: bool
    """Whether it was ever asked for, or imported."""
    by_file: bool
    """Whether all that is known of it is an imported file: the site itself has not answered."""
    moved: bool
    """`LASTMOD_MOVED`."""
    revisit_at: str | None
    """None for an answer from before there was a policy: its time has come."""


def why_due(
    known: KnownUrl, *, refresh: Refresh, now: str, seed: str, policy: RevisitPolicy
) -> DueWhy | None:
    """Why an address is asked in the round that begins at `now` (UTC text); None when it is not.

    `seed` is what the round's sample is drawn by: when its first run began, which is kept with that run.
    """
    if known.state == "refused":
        return None
    if known.lists:
        return "always"
    if not known.asked or (known.state in ANSWERED and known.by_file):
        return "new"
    if known.state not in ANSWERED:
        return "retry"
    if refresh == "new":
        return None
    if known.moved:
        return "lastmod"
    if known.revisit_at is None or known.revisit_at <= now:
        return "time"
    if refresh == "all":
        return "all"
    return "sample" if is_sampled(known.url, seed, policy.sample) else None


def is_sampled(url: str, seed: str, share: float) -> bool:
    """Whether an address is among the random `share` (0 to 1) that `seed` draws: the same on any machine."""
    digest = hashlib.sha256(f"{seed}\n{url}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def next_interval(
    interval_s: int | None, *, changed: bool | None, since_s: float, policy: RevisitPolicy
) -> int:
    """Seconds until the next visit, always within the policy's limits.

    `interval_s` is the interval so far (None before the first answer), `changed` whether the page had changed
    (None when that can't be said), `since_s` the time since the visit before. A page found unchanged after a
    time shorter than its interval says that much less about itself: asking often does not make the interval
    grow as if time had passed.
    """
    if interval_s is None:
        wanted: float = policy.first_s
    elif changed is None:
        wanted = interval_s
    elif changed:
        wanted = interval_s * policy.shorter
    else:
        wanted = max(interval_s, min(interval_s, max(0.0, since_s)) * policy.longer)
    return round(min(policy.longest_s, max(policy.shortest_s, wanted)))


def has_changed(before: str, after: str, *, same_target: bool, content_changed: bool | None) -> bool | None:
    """Whether an answer differs from the one before, from the states that both led to.

    A page that has become a redirect, has gone or has come back has changed; a redirect when it leads
    elsewhere; of two pages `content_changed` tells. None when it can't be said, as of a first answer.
    """
    if before not in ANSWERED or after not in ANSWERED:
        return content_changed
    if _form(before) != _form(after):
        return True
    if after == "redirected":
        return not same_target
    return False if after == "gone" else content_changed


def _form(state: str) -> str:
    return "stored" if state == "alias" else state


def later(at: str, seconds: float) -> str:
    """The moment so many seconds after `at` (before it, when negative); both as UTC text."""
    moment = datetime.fromisoformat(at) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def seconds_between(begin: str, end: str) -> float:
    """Seconds from one UTC text to another; negative when `end` is the earlier."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
