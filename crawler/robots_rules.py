"""What a robots.txt says to us, by RFC 9309; pure.

Protego matches paths (wildcards, `$`, percent-encoding, longest match). Which lines are ours is decided here,
because Protego takes a group for `ms` for ours, misses `msarchive/2.0`, ends a group at a line it does not
know, and ends lines where RFC 9309 does not (vertical tab, form feed, U+2028).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field, replace
from math import isfinite

from protego import Protego

MAX_BYTES = 512 * 1024
"""How much of a robots.txt is read; RFC 9309 section 2.5 asks for at least 500 KiB."""
LONGEST_CRAWL_DELAY_S = 600.0
"""A Crawl-delay above it counts as this: no standard knows the field, and with an hour between two pages no
crawl of a site would end."""
_ENDS_OF_LINES = re.compile(r"\r\n|\r|\n")
_ODD_SPACE = re.compile(r"[\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_TOKEN = re.compile(r"[A-Za-z_-]+")
_AGENT = frozenset({"user-agent", "useragent", "user agent"})
_RULE = {
    **dict.fromkeys(("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"), "disallow"),
    "allow": "allow",
}
"""Fields that are rules. The misspellings are those that Google's parser takes for `disallow`, too."""
_DELAY = frozenset({"crawl-delay", "crawl delay"})


DISALLOWED = "robots.txt"
"""Why an address was not asked that the rules disallow."""


@dataclass(frozen=True)
class Rules:
    """What one origin's robots.txt says to one crawler."""

    parser: Protego | None
    """None when there is no robots.txt (everything allowed), or when it can't be had."""
    unavailable: str | None = None
    """Why it can't be had: nothing may be asked. None when it can."""
    crawl_delay: float | None = None
    """Seconds between requests that it asks for, at most `LONGEST_CRAWL_DELAY_S`; None when it asks for
    none."""
    answer: tuple[int, bytes] | None = field(default=None, compare=False)
    """Status and decoded entity that they were read from; None when there was no answer to read."""

    def refusal(self, url: str) -> str | None:
        """Why `url` must not be asked; None when it may."""
        if self.unavailable is not None:
            return f"robots.txt unavailable: {self.unavailable}"
        if self.parser is None or self.parser.can_fetch(url, "*"):
            return None
        return DISALLOWED


def rules_for(status: int, body: bytes, agent: str) -> Rules:
    """The rules in an answer to a request for robots.txt that is no redirect.

    `body` is the decoded entity, `agent` a User-Agent or a product token, of which the product token counts.
    2xx: its rules hold. 429: unavailable (our choice: who is asked to go away goes away). Other 4xx: all is
    allowed (section 2.3.1.3). All else: unavailable (section 2.3.1.4).
    """
    return replace(_rules_for(status, body, agent), answer=(status, body))


def _rules_for(status: int, body: bytes, agent: str) -> Rules:
    if 200 <= status < 300:
        text = _text(body)
        if text is None:
            return Rules(None, "its body can't be decoded")
        return parse(text, agent)
    if 400 <= status < 500 and status != 429:
        return Rules(None)
    return Rules(None, f"HTTP {status}")


def parse(text: str, agent: str) -> Rules:
    """The rules of a robots.txt for a crawler of that name (section 2.2). Never raises."""
    named, for_all = _Own(), _Own()
    token = product_token(agent)
    listed: list[_Own] = []
    is_complete = after_delay = False  # of the group at hand: whether the next agent begins another one
    for line in _ENDS_OF_LINES.split(text.lstrip("\ufeff")):
        if not line.strip():
            # What the RFC does not know ends no list of agents; but whoever wrote an empty line behind the
            # Crawl-delay of all did not mean them by the next agent's rules.
            is_complete = is_complete or after_delay
            continue
        field, value = _field(line)
        if field in _AGENT:
            if is_complete:
                listed = []
            is_complete = after_delay = False
            own = (
                for_all
                if value.split()[:1] == ["*"]
                else named
                if token and product_token(value) == token
                else None
            )
            if own is not None:
                own.found = True
                listed.append(own)
        elif field in _RULE:
            is_complete = True
            for own in listed:
                own.rules.append(_rule(_RULE[field], value))
        elif field in _DELAY:
            after_delay = True
            for own in listed:
                own.crawl_delay = max(_seconds(value) or 0.0, own.crawl_delay or 0.0) or None
    ours = named if named.found else for_all
    parser = Protego.parse("\n".join(("User-agent: *", *ours.rules)))
    return Rules(parser, None, ours.crawl_delay)


def _rule(field: str, value: str) -> str:
    # Paths begin with "/". Who forbids `private/` means it; who allows it may have meant something narrower.
    if field == "disallow" and value and not value.startswith(("/", "*", "$", "http:", "https:")):
        value = f"/{value}"
    return f"{field}: {value}"


def product_token(agent: str) -> str:
    """The product token that a User-Agent begins with, in small letters: `msarchive` of `MSarchive/2 (+…)`.

    RFC 9309 section 2.2.1: letters, `_` and `-` only. Empty when it begins with something else.
    """
    found = _TOKEN.match(agent.strip())
    return "" if found is None else found.group().lower()


class _Own:
    """The groups for one agent, merged."""

    def __init__(self) -> None:
        self.found = False
        self.rules: list[str] = []
        self.crawl_delay: float | None = None


def _field(line: str) -> tuple[str, str]:
    """Field (small letters) and value of a line; the colon may be missing, as Google's parser has it."""
    plain = _ODD_SPACE.sub(" ", line.partition("#")[0]).strip()
    name, colon, value = plain.partition(":")
    if not colon or " " in name.strip():
        first, *rest = plain.split(None, 1) or [""]
        if first.lower() in _AGENT | _RULE.keys() | _DELAY:
            return first.lower(), "".join(rest)
    return " ".join(name.lower().split()), value.strip()


def _seconds(value: str) -> float | None:
    """A delay as written; None when it is nonsense, negative or none."""
    try:
        seconds = float(value.split()[0])
    except (ValueError, IndexError):
        return None
    return min(seconds, LONGEST_CRAWL_DELAY_S) if isfinite(seconds) and seconds > 0 else None


def _text(body: bytes) -> str | None:
    """The text of a robots.txt, as far as it is read; None when it can't be had."""
    if body[:2] == b"\x1f\x8b":  # compressed, and the server does not know
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, MAX_BYTES + 1)
        except zlib.error:
            return None
    if len(body) > MAX_BYTES:
        # The last line may be cut off; half of an `Allow` would allow more than the whole.
        body = body[: max(body.rfind(b"\r", 0, MAX_BYTES), body.rfind(b"\n", 0, MAX_BYTES)) + 1]
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8-sig", "replace")
