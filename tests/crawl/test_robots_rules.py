"""What a robots.txt says to us: a matrix of texts, RFC 9309 section by section."""

from __future__ import annotations

import gzip

import pytest

from crawler.robots_rules import LONGEST_CRAWL_DELAY_S, MAX_BYTES, Rules, parse, product_token, rules_for

ALL = "User-agent: *\n"
OURS = "User-agent: msarchive\n"


def allows(rules: Rules, path: str) -> bool:
    return rules.refusal(f"https://site.example{path}") is None


# name: (robots.txt, paths that may be asked, paths that may not)
MATRIX: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    # --- 2.2.1 the user-agent line ---------------------------------------------------------------
    "a group for all": (ALL + "Disallow: /no", ("/", "/yes"), ("/no", "/no/more", "/nothing")),
    "our own group, and not that for all": (
        ALL + "Disallow: /\n\n" + OURS + "Disallow: /no", ("/yes",), ("/no",),
    ),
    "our own group first": (OURS + "Disallow: /no\n\n" + ALL + "Disallow: /", ("/yes",), ("/no",)),
    "our name in any case": ("USER-AGENT: MsArchive\nDISALLOW: /no", ("/yes",), ("/no",)),
    "our name with a version": ("User-agent: msarchive/2.0\nDisallow: /no", ("/yes",), ("/no",)),
    "our name with a star": ("User-agent: msarchive*\nDisallow: /no", ("/yes",), ("/no",)),
    "our name and a comment": ("User-agent: msarchive # that is you\nDisallow: /no", ("/yes",), ("/no",)),
    "the beginning of our name is another's": (
        "User-agent: ms\nDisallow:\n\n" + ALL + "Disallow: /no", ("/yes",), ("/no",),
    ),
    "a longer name is another's": (
        "User-agent: msarchiver\nDisallow:\n\n" + ALL + "Disallow: /no", ("/yes",), ("/no",),
    ),
    "the end of our name is another's": ("User-agent: archive\nDisallow: /", ("/yes",), ()),
    "others only": ("User-agent: otherbot\nDisallow: /", ("/", "/yes"), ()),
    "several names in one group": (
        "User-agent: a\nUser-agent: msarchive\nUser-agent: b\nDisallow: /no", ("/yes",), ("/no",),
    ),
    "all and another in one group": (ALL + "User-agent: otherbot\nDisallow: /no", ("/yes",), ("/no",)),
    "our groups are merged": (
        OURS + "Disallow: /a\n\nUser-agent: b\nDisallow: /\n\n" + OURS + "Disallow: /c",
        ("/b",), ("/a", "/c"),
    ),
    "the groups for all are merged": (
        ALL + "Disallow: /a\n\nUser-agent: b\nDisallow: /\n\n" + ALL + "Disallow: /c", ("/b",), ("/a", "/c"),
    ),
    "a group without rules allows everything": (ALL + "Disallow: /\n\n" + OURS, ("/", "/yes"), ()),
    "names without rules belong to the next group": (
        OURS + "\n\nUser-agent: other\nDisallow: /no", ("/yes",), ("/no",),
    ),
    "rules before any name count for nobody": ("Disallow: /\n" + ALL + "Disallow: /no", ("/yes",), ("/no",)),
    "an empty name is nobody's": ("User-agent:\nDisallow: /\n", ("/yes",), ()),
    # --- 2.2.2 the allow and disallow lines --------------------------------------------------------
    "nothing is disallowed": (ALL + "Disallow:", ("/", "/yes"), ()),
    "everything is disallowed": (ALL + "Disallow: /", (), ("/", "/yes", "/?q", "")),
    "everything but robots.txt": (ALL + "Disallow: /", ("/robots.txt",), ("/robots.txt.html",)),
    "the longest match wins": (
        ALL + "Disallow: /a\nAllow: /a/b\nDisallow: /a/b/c", ("/a/b/d",), ("/a", "/a/b/c"),
    ),
    "the order of rules means nothing": (ALL + "Allow: /a/b\nDisallow: /a", ("/a/b",), ("/a/x",)),
    "of equals allow wins": (ALL + "Disallow: /a\nAllow: /a", ("/a", "/ab"), ()),
    "of equals allow wins, first or last": (ALL + "Allow: /a\nDisallow: /a", ("/a", "/ab"), ()),
    "an empty allow allows nothing": (ALL + "Allow:\nDisallow: /no", ("/yes",), ("/no",)),
    "paths have a case": (ALL + "Disallow: /No", ("/no", "/NO"), ("/No",)),
    "a path without a slash": (ALL + "Disallow: no/\nAllow: no/more", ("/yes",), ("/no/", "/no/more")),
    "two slashes are two": (ALL + "Disallow: /a//b", ("/a/b",), ("/a//b",)),
    "a query is part of the path": (ALL + "Disallow: /a?b=1", ("/a", "/a?b=2"), ("/a?b=1", "/a?b=12")),
    "any query": (ALL + "Disallow: /*?", ("/a",), ("/a?b", "/a?")),
    "parameters of a path": (ALL + "Disallow: /*;jsession", ("/a",), ("/a;jsession=1",)),
    # --- 2.2.3 special characters ------------------------------------------------------------------
    "a star in the middle": (ALL + "Disallow: /a*z", ("/a", "/bz"), ("/az", "/a/b/z", "/a?z=1")),
    "a star at the end means nothing": (ALL + "Disallow: /a*", ("/b",), ("/a", "/ab")),
    "a star at the beginning": (ALL + "Disallow: *.pdf", ("/a.html",), ("/a.pdf", "/a.pdf?b")),
    "many stars": (ALL + "Disallow: /**a***b", ("/a",), ("/ab", "/x/a/y/b")),
    "the end of a path": (ALL + "Disallow: /a$", ("/ab", "/a/", "/a?b"), ("/a",)),
    "a star and the end": (ALL + "Disallow: /*.pdf$", ("/a.pdf?b", "/a.pdfx"), ("/a.pdf", "/b/c.pdf")),
    "only the front page": (ALL + "Allow: /$\nDisallow: /", ("/", ""), ("/a", "/?a")),
    "a dollar in the middle is one": (ALL + "Disallow: /a$b", ("/a",), ("/a$b", "/a$bc")),
    "a star is counted as what it is, one character": (
        ALL + "Allow: /page\nDisallow: /*.htm", ("/page",), ("/page.htm",),
    ),
    "a hash begins a comment": (ALL + "Disallow: /a#b\n# Disallow: /", ("/b",), ("/a", "/ab")),
    "a percent-encoded star is none": (ALL + "Disallow: /a%2Ab", ("/axb",), ("/a*b",)),
    "a percent-encoded dollar is none": (ALL + "Disallow: /a%24", ("/a",), ("/a$", "/a$b")),
    # --- percent-encoding ------------------------------------------------------------------------
    "letters may be encoded in the rule": (ALL + "Disallow: /%6Eo", ("/yes",), ("/no",)),
    "letters may be encoded in the address": (ALL + "Disallow: /no", ("/yes",), ("/n%6F", "/%6e%6f")),
    "the case of an encoding means nothing": (ALL + "Disallow: /%e3%83%84", ("/",), ("/%E3%83%84", "/ツ")),
    "characters that are not ASCII": (ALL + "Disallow: /ツ", ("/",), ("/%E3%83%84", "/ツ/a")),
    "an encoded slash is none": (ALL + "Disallow: /a%2Fb", ("/a/b",), ("/a%2fb",)),
    "a tilde may be encoded": (ALL + "Disallow: /~a", ("/a",), ("/%7Ea", "/~a")),
    "an encoding that is none": (ALL + "Disallow: /%zz", ("/a",), ("/%zz",)),
    "a space": (ALL + "Disallow: /a b", ("/a",), ("/a%20b",)),
    # --- lines -------------------------------------------------------------------------------------
    "no end of line at the end": (ALL + "Disallow: /no", ("/yes",), ("/no",)),
    "carriage returns only": (
        "User-agent: *\rDisallow: /no\rDisallow: /neither\r", ("/",), ("/no", "/neither"),
    ),
    "carriage returns and line feeds": ("User-agent: *\r\nDisallow: /no\r\n", ("/yes",), ("/no",)),
    "all kinds of line ends": (
        "User-agent: *\n\rDisallow: /no\r\r\n\nDisallow: /nor", ("/",), ("/no", "/nor"),
    ),
    "other line ends are none": (
        ALL + "Disallow: /a\x0bAllow: /a\u2028Allow: /a\x85Allow: /a", ("/yes",), (),
    ),
    "empty lines within a group": (
        "User-agent: *\n\n\nDisallow: /a\n\n\nDisallow: /b", ("/c",), ("/a", "/b"),
    ),
    "space about everything": ("  User-agent\t:  *  \n\t Disallow :\t/no  \t", ("/yes",), ("/no",)),
    "no space at all": ("User-agent:*\nDisallow:/no", ("/yes",), ("/no",)),
    "a colon is missing": ("User-agent *\nDisallow\t/no", ("/yes",), ("/no",)),
    "names without a dash": ("User agent: *\nDisallow: /no", ("/yes",), ("/no",)),
    "a misspelling that is well known": (ALL + "Dissallow: /no\nDisalow: /nor", ("/yes",), ("/no", "/nor")),
    "a byte order mark that was decoded": ("\ufeffUser-agent: *\nDisallow: /no", ("/yes",), ("/no",)),
    "NUL": (ALL + "Disallow: /a\x00\nDisallow: /no", ("/yes",), ("/a", "/no")),
    # --- 2.2.4 other records -----------------------------------------------------------------------
    "unknown lines between names do not part them": (
        OURS + "Sitemap: https://site.example/s.xml\nFoo: bar\nUser-agent: b\nDisallow: /no", ("/yes",),
        ("/no",),
    ),
    "unknown lines between rules do not end a group": (
        ALL + "Disallow: /a\nHost: site.example\nClean-param: x\nnonsense\nDisallow: /b",
        ("/c",), ("/a", "/b"),
    ),
    "a delay between names does not part them": (
        OURS + "Crawl-delay: 5\nUser-agent: b\nDisallow: /no", ("/yes",), ("/no",),
    ),
    "a delay and an empty line end a group": (
        ALL + "Crawl-delay: 5\n\nUser-agent: otherbot\nDisallow: /", ("/", "/yes"), (),
    ),
    # --- what is no robots.txt -----------------------------------------------------------------------
    "empty": ("", ("/",), ()),
    "comments only": ("# nothing\n# Disallow: /\n", ("/",), ()),
    "an HTML page": (
        "<!doctype html>\n<html><head><title>Not found</title></head>\n<body>User-agent</body></html>",
        ("/",), (),
    ),
    "JSON": ('{"User-agent": "*", "Disallow": "/"}', ("/",), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", MATRIX)
def test_the_matrix(name: str) -> None:
    text, may, may_not = MATRIX[name]
    rules = parse(text, "msarchive")
    assert [path for path in may if not allows(rules, path)] == []
    assert [path for path in may_not if allows(rules, path)] == []


@pytest.mark.parametrize(
    ("body", "is_allowed"),
    [
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /no", False),
        ("User-agent: *\nDisallow: /no".encode("utf-16"), False),
        ("User-agent: *\nDisallow: /no".encode("utf-16-be").join((b"\xfe\xff", b"")), False),
        (gzip.compress(b"User-agent: *\nDisallow: /no"), False),
        (b"User-agent: *\nDisallow: /\xff\xfe\nDisallow: /no", False),
        (bytes(range(256)) * 100, True),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), True),
    ],
    ids=["utf-8 with a mark", "utf-16", "utf-16-be", "gzip unsaid", "latin-1 among it", "binary", "an image"],
)
def test_bytes_become_text(body: bytes, is_allowed: bool) -> None:
    assert allows(rules_for(200, body, "msarchive"), "/no") is is_allowed


def test_what_looks_compressed_and_is_not_forbids_everything() -> None:
    assert rules_for(200, b"\x1f\x8bnonsense", "msarchive").unavailable == "its body can't be decoded"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 418, 451, 499])
def test_client_errors_allow_everything(status: int) -> None:
    assert allows(rules_for(status, b"User-agent: *\nDisallow: /", "msarchive"), "/no")


@pytest.mark.parametrize("status", [100, 304, 399, 429, 500, 501, 502, 503, 504, 520, 599, 600, 999])
def test_everything_else_forbids_everything(status: int) -> None:
    rules = rules_for(status, b"User-agent: *\nAllow: /", "msarchive")
    assert rules.unavailable == f"HTTP {status}"
    assert not allows(rules, "/yes")


def test_at_least_500_kib_are_read_and_a_rule_that_is_cut_off_is_none() -> None:
    filler = b"# filler\n" * (500 * 1024 // 9)
    body = b"User-agent: *\nDisallow: /\n" + filler + b"Allow: /yes\n"
    assert len(body) > 500 * 1024
    assert allows(rules_for(200, body, "msarchive"), "/yes")
    start = b"User-agent: *\nDisallow: /\n"
    cut = start + b"#" * (MAX_BYTES - len(start) - 12) + b"\nAllow: /yes/but/only/here\n"
    assert not allows(rules_for(200, cut, "msarchive"), "/yes")
    assert not allows(rules_for(200, gzip.compress(cut), "msarchive"), "/yes")


def test_a_bomb_is_read_as_far_as_any_other() -> None:
    bomb = gzip.compress(b"User-agent: *\nDisallow: /no\n" + b"\n" * (64 * MAX_BYTES))
    assert not allows(rules_for(200, bomb, "msarchive"), "/no")


def test_tens_of_thousands_of_rules_and_patterns_made_to_be_slow_are_answered() -> None:
    text = ALL + "\n".join(f"Disallow: /{'*a' * 30}{number}$" for number in range(5_000))
    assert allows(parse(text, "msarchive"), "/" + "a" * 2_000)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0.5", 0.5),
        ("2 # seconds", 2.0),
        ("10 s", 10.0),
        ("0", None),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("86400", LONGEST_CRAWL_DELAY_S),
        ("1e9", LONGEST_CRAWL_DELAY_S),
    ],
)
def test_a_crawl_delay_is_seconds_within_reason(value: str, seconds: float | None) -> None:
    assert parse(f"{ALL}Crawl-delay: {value}\nDisallow: /no", "msarchive").crawl_delay == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (f"{OURS}Crawl-delay: 3\n\n{ALL}Crawl-delay: 9", 3.0),
        (f"{ALL}Crawl-delay: 9\n\n{OURS}Disallow: /no", None),
        (f"{ALL}Crawl-delay: 9\n\nUser-agent: other\nCrawl-delay: 3", 9.0),
        (f"{ALL}Disallow: /no\nCrawl-delay: 9", 9.0),
        (f"{ALL}Crawl-delay: 3\nCrawl-delay: 9", 9.0),
        (f"{ALL}Crawl-delay: 9\nCrawl-delay: 3", 9.0),
    ],
)
def test_the_crawl_delay_is_that_of_our_group_and_the_longest(text: str, seconds: float | None) -> None:
    assert parse(text, "msarchive").crawl_delay == seconds


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("msarchive/1.0 (+me@example.org)", "msarchive"),
        ("MSArchive", "msarchive"),
        (" my-own_bot 2", "my-own_bot"),
        ("*", ""),
        ("", ""),
        ("1bot", ""),
    ],
)
def test_the_product_token_is_what_a_user_agent_begins_with(agent: str, token: str) -> None:
    assert product_token(agent) == token
