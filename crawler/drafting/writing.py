"""A draft as a profile: TOML with the evidence for each guess behind it, for a person to mend."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence

from crawler.drafting.model import Draft, Guess
from crawler.terminal import printable
from spiders.reading.profile import SiteProfile, profile_from

_SKIP = (
    r"^/(?:api|static|assets|images|login|signin|signup|register|account|admin)(?:/|$)",
    r"\.(?:css|js|mjs|json|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|pdf|mp[34]|webm|zip)$",
)
_PARTS = ("takeaway", "topics", "details", "cards", "boilerplate")
_LABELS = ("credibility", "interest", "reading_time", "card_more", "older")
_SOURCE = ("title", "authors", "journal", "published", "doi", "pmid", "url")
_NOT_TOLD = "not told"


def profile_of(draft: Draft) -> SiteProfile:
    """The profile that a draft is."""
    return profile_from(tomllib.loads(profile_text(draft, ())), draft.name)


def profile_text(draft: Draft, found: Iterable[str]) -> str:
    """The draft as TOML. `found` says what the pages read by it gave, a line each, for the comment on top."""
    lines = [
        f"# A first profile of {draft.hosts[0]}, drafted from a few of its articles, for you to mend.",
        "# Behind each guess stands on how many of them it holds.",
        '# CONTRIBUTING.md, "How to add a site", explains every key.',
        *_comments("Read by this profile as it is:", found),
        *_comments("What could not be told:", draft.unclear),
        "",
        f"name = {_text(draft.name)}",
        f"title = {_text(draft.title)}",
        *_addresses(draft),
        "",
        "[parts]   # the words that head each part",
        *(_entry(key, _some(draft.parts.get(key))) for key in _PARTS),
        "",
        "[parts.sections]   # kept as sections under these keys; rename the keys as you like",
        *(_entry(key, (guess,)) for key, guess in draft.sections.items()),
        "",
        "[labels]   # the words that stand at values and links",
        *(_entry(key, draft.labels.get(key, ())) for key in _LABELS),
        "",
        "[labels.source]   # labels inside the paper's details",
        *(_entry(key, draft.source_labels.get(key, ())) for key in _SOURCE),
        *_table("rating_words", draft.rating_words),
        "",
        f"[dates]   # {_comment(draft.date_evidence)}",
        f"order = {_text(draft.date_order)}",
        f"languages = {_list(draft.languages)}",
        *_selectors(draft.selectors),
        *_state(draft),
    ]
    for name, guess in draft.passages:
        lines += ["", f"[[boilerplate]]   # {guess.borne_out}", f"name = {_text(name)}"]
        lines += [f"anchors = [{_text(guess.value)}]"]
    return "\n".join(lines) + "\n"


def _addresses(draft: Draft) -> list[str]:
    return [
        "",
        "[addresses]",
        f"hosts = {_list(draft.hosts)}    # the first is the canonical one; add www. and the like",
        f"scheme = {_text(draft.scheme)}",
        f"start = {_list(draft.start)}",
        f"sitemaps = {_list(draft.sitemaps)}    # besides those that robots.txt names",
        f"# the group `id` is an article's identity: it differs in {draft.article.borne_out_by('addresses')}",
        f"article = [{_pattern(draft.article.value)}]",
        f"listing = [{', '.join(map(_pattern, draft.listing))}]",
        f"skip = [{', '.join(map(_pattern, _SKIP))}]",
        "explore_depth = 1       # clicks from a start page, for pages that are neither article nor list",
    ]


def _comments(heading: str, said: Iterable[str]) -> list[str]:
    listed = [f"# - {_comment(text)}" for text in said]
    return ["#", f"# {heading}", *listed] if listed else []


def _some(guess: Guess | None) -> tuple[Guess, ...]:
    return () if guess is None else (guess,)


def _entry(key: str, guesses: Sequence[Guess]) -> str:
    how = ", ".join(guess.borne_out for guess in guesses) or _NOT_TOLD
    return f"{key} = {_list([guess.value for guess in guesses])}    # {how}"


def _table(name: str, values: Mapping[str, float]) -> list[str]:
    if not values:
        return []
    return ["", f"[{name}]   # what words are worth, of 5"] + [
        f"{_text(word)} = {value:g}" for word, value in values.items()
    ]


def _selectors(selectors: Mapping[str, Guess]) -> list[str]:
    if not selectors:
        return []
    listed = [f"{key} = {_text(guess.value)}    # {guess.borne_out}" for key, guess in selectors.items()]
    return ["", "[selectors]   # where words can't tell", *listed]


def _state(draft: Draft) -> list[str]:
    if draft.state is None:
        return []
    listed = [f"{key} = {_list(names)}" for key, names in draft.state_keys.items()]
    return [
        "",
        f"[state]   # keys of a framework's embedded data, which {draft.state.borne_out} have",
        *listed,
    ]


def _comment(text: str) -> str:
    """Text from a site as part of a comment: one line that does nothing to a terminal."""
    return " ".join(printable(text).split())


def _text(text: str) -> str:
    """A basic string (TOML 1.0): JSON's escapes are among its own. What can't be seen is escaped, too."""
    written = json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in written)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _pattern(pattern: str) -> str:
    """A regular expression as a literal string, where it can be one."""
    return _text(pattern) if "'" in pattern or not pattern.isprintable() else f"'{pattern}'"
