"""A page that stands in an article's place is told as what it is, and an article never for one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spiders.reading import read_page
from spiders.reading.model import Obstacle, PageKind, Reading
from spiders.reading.recognise import challenge_in_answer, led_away
from spiders.sites import ProfileError, load_profile

from .records import PROFILE, Build, builds

ARTICLE = "https://mymsbuddy.com/news/view/a-walk-a-day-Hh4Jj5"
PAGE = "https://mymsbuddy.com/about"
FRAME = """<!DOCTYPE html><html lang="en"><head><title>{title}</title>{head}</head><body>
<header><a href="/">MS Buddy</a><nav><a href="/news">News</a><a href="/login">Log in</a></nav></header>
<main>{main}</main><footer><p>© 2026 MS Buddy</p><a href="/privacy">Privacy</a></footer></body></html>"""
CARDS = "<h2>You May Also Like</h2>" + "".join(
    f'<article><a href="/news/view/story-{n}-Aa{n}Bb{n}"><h3>A story of number {n}</h3></a><p>{n}/2/2026</p>'
    f"<p>What {n} people told when they were asked a second time</p></article>"
    for n in range(1, 6)
)
SCRIPT = '<script src="/a.js"></script>'
FIRST_PART = (
    "<h1>A Walk a Day</h1><h2>Key Takeaway</h2><p>Half an hour on foot did most of them some good.</p>"
)


def page(main: str, title: str = "MS Buddy", head: str = "") -> bytes:
    return FRAME.format(title=title, head=head, main=main).encode()


def read(body: bytes | str, url: str | None = ARTICLE) -> Reading:
    data = body if isinstance(body, bytes) else body.encode()
    return read_page(data, profile=PROFILE, url=url, content_type="text/html")


INSTEAD: dict[str, tuple[bytes | str, str]] = {
    "a heading that says not found": (page("<h1>Page Not Found</h1><p>Try the search.</p>"), "SOFT_404"),
    "404 in the title alone": (page("<p>Hm.</p>", title="404 | MS Buddy"), "SOFT_404"),
    "404 as a heading": (page("<h1>404</h1><h2>This page could not be found.</h2>"), "SOFT_404"),
    "oops": (page("<h1>Oops! That page can’t be found.</h1>" + CARDS), "SOFT_404"),
    "a sentence about the page": (
        page("<h1>Hm…</h1><p>The page you are looking for might have been removed.</p>"), "SOFT_404",
    ),
    "an article that is no more": (page("<h2>This article is no longer available</h2>" + CARDS), "SOFT_404"),
    "not found, and the cards": (page("<h1>Article not found</h1>" + CARDS), "SOFT_404"),
    "a list in its place": (page("<h1>Latest</h1>" + CARDS), "SOFT_404"),
    "the front page's address": (
        page("<h1>Welcome</h1>" + CARDS, head='<link rel="canonical" href="https://mymsbuddy.com/">'),
        "SOFT_404",
    ),
    "not found, above another article's whole text": (
        page("<h1>Page not found</h1><p>But perhaps this:</p><h2>Key Takeaway</h2><p>Rest helps most.</p>"
             "<h2>What They Found</h2><p>Ten of twelve slept better than before.</p>"
             "<h2>Who Should Care and Why</h2><p>Those who sleep badly.</p>"
             "<h2>Important Considerations</h2><p>Twelve people are few.</p>"), "SOFT_404",
    ),
    "log in": (page('<h1>Log in</h1><form><input name="u"><input type="password"></form>'), "LOGIN"),
    "sign in to continue": (page("<h1>Sign in to continue</h1><p>Welcome back.</p>"), "LOGIN"),
    "members only": (page("<h1>A Walk a Day</h1><p>You must be logged in to see this.</p>"), "LOGIN"),
    "a form and nothing else": (
        page('<form action="/session"><p>Name</p><input><p>Word</p><input type="password"></form>'), "LOGIN",
    ),
    "an article's beginning, then a wall": (
        page(FIRST_PART + "<p>Subscribe now to continue reading.</p>"), "LOGIN",
    ),
    "an article's beginning, then a wall in a box": (
        page(FIRST_PART + "<form><p>Create a free account to read the full article</p><input></form>"),
        "LOGIN",
    ),
    "Cloudflare": (
        "<html><head><title>Just a moment...</title></head><body><h1>mymsbuddy.com</h1><script>_cf_chl_opt"
        "={}</script><noscript>Enable JavaScript and cookies to continue</noscript></body></html>",
        "CHALLENGE",
    ),
    "Turnstile": (page('<div class="cf-turnstile" data-sitekey="x"></div>'), "CHALLENGE"),
    "a checkbox": (page("<p>Please confirm that you are human.</p>"), "CHALLENGE"),
    "hCaptcha": (page('<h1>Wait</h1><div class="h-captcha"></div>'), "CHALLENGE"),
    "a gate's script": (
        "<html><body><script src='https://geo.captcha-delivery.com/captcha.js'></script></body></html>",
        "CHALLENGE",
    ),
    "access denied": (
        page("<h1>Access Denied</h1><p>You don't have permission. Reference #18.2f3e1</p>"), "CHALLENGE",
    ),
    "unusual traffic": (page("<p>Our systems have seen unusual traffic from your network.</p>"), "CHALLENGE"),
    "cookies first": (page("<h1>Before you continue</h1><p>Choose what we may store.</p>"), "CONSENT"),
    "cookies in a sentence": (
        page("<p>Accept all cookies and similar techniques to continue.</p><button>Accept</button>"),
        "CONSENT",
    ),
    "maintenance": (page("<h1>We'll be back soon!</h1><p>Thanks for waiting.</p>"), "MAINTENANCE"),
    "scheduled maintenance": (page("<p>The site is down for scheduled maintenance.</p>"), "MAINTENANCE"),
    "an error with status 200": (page("<h1>500 - Internal Server Error</h1>"), "MAINTENANCE"),
    "an app's root": (f'<html><body><div id="root"></div>{SCRIPT}</body></html>', "SHELL"),
    "an app that loads": (
        f'<html><body><div id="app">Loading…</div>{SCRIPT}</body></html>', "SHELL",
    ),
    "an app that asks for scripts": (
        "<html><head><title>MS Buddy</title></head><body><noscript>You need to enable JavaScript to run this "
        f'app.</noscript><div id="root"></div>{SCRIPT}</body></html>', "SHELL",
    ),
    "an app with a frame": (
        '<html><body><header><a href="/">MS Buddy</a></header><div id="app"></div><footer>'
        f"<p>© 2026</p></footer>{SCRIPT}</body></html>", "SHELL",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTEAD)
def test_what_stands_in_an_articles_place_is_told(name: str) -> None:
    body, obstacle = INSTEAD[name]
    reading = read(body)
    assert (reading.kind, reading.obstacle) == (PageKind.UNREADABLE, Obstacle[obstacle])
    assert reading.reason is not None and reading.reason.startswith(f"{reading.obstacle}: ")
    assert (reading.title, reading.takeaway, reading.sections, reading.cards) == (None, None, (), ())
    assert reading.article_id == "Hh4Jj5"


ORDINARY = {
    "about": page(
        "<h1>About us</h1><p>Ten people who read papers, and write what they found in plain words.</p>"
    ),
    "a contact form with a captcha": page(
        "<h1>Write to us</h1><form><input type='email'><textarea></textarea></form>"
        "<div class='g-recaptcha'></div>"
    ),
    "a banner about cookies": page(
        "<h2>We use cookies</h2><p>"
        + "We look at papers, one by one, and say what is in them. " * 30
        + "</p>"
    ),
    "an essay on maintenance": page(
        "<h1>On maintenance therapy</h1><p>Try again later is what many are told by their clinic.</p><p>"
        + "It is not so simple as it sounds, and here is why. " * 40
        + "</p>"
    ),
    "scripts and text": page("<h1>News by mail</h1><p>Once a month.</p>", head="<script>track()</script>"),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_page_is_nothing_else(name: str) -> None:
    assert read(ORDINARY[name], PAGE).obstacle is None


def test_a_listing_is_a_listing_whatever_its_banner_says() -> None:
    reading = read(page("<h2>We value your privacy</h2><h1>News</h1>" + CARDS), "https://mymsbuddy.com/news")
    assert (reading.kind, reading.obstacle) == (PageKind.LISTING, None)
    assert len(reading.cards) == 5


@pytest.mark.parametrize("build", builds(), ids=str)
def test_an_article_is_never_taken_for_an_obstacle(build: Build) -> None:
    reading = build.read()
    assert (reading.kind, reading.obstacle) == (PageKind.SUMMARY, None)


NOISE = (
    "<dialog open><h2>Log in</h2><form><input type=password></form></dialog>",
    "<div class=banner><h2>We value your privacy</h2><p>Accept cookies to continue.</p></div>",
    "<noscript>Please enable JavaScript.</noscript>"
    "<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script>",
    "<template><h1>404</h1><p>This page could not be found.</p></template>",
    "<div hidden><h1>404</h1><p>This page could not be found.</p></div>",
    "<aside><p>Subscribe to our letter to read more stories like this one.</p></aside>",
    "<div class=g-recaptcha></div>",
)


@pytest.mark.parametrize("noise", NOISE)
def test_an_article_with_a_banner_a_login_or_a_widget_on_it_is_that_article(noise: str) -> None:
    build = next(one for one in builds() if str(one) == "morning-light/semantic-sections")
    for place in ("<main>", "</main>"):
        at = place.encode()
        reading = build.read(build.body.replace(at, at + noise.encode(), 1))
        assert (reading.obstacle, reading.takeaway) == (None, build.expected["takeaway"])
        assert len(reading.sections) == len(build.expected["sections"])


def test_a_short_article_is_no_wall() -> None:
    reading = read(page(FIRST_PART + "<p>Sign up for our letter.</p><p>Log in to comment.</p>"))
    assert (reading.kind, reading.obstacle, reading.title) == (PageKind.SUMMARY, None, "A Walk a Day")


def test_an_article_about_what_is_not_found_is_read() -> None:
    body = page(FIRST_PART.replace("A Walk a Day", "Cause Not Found: a Cure Without a Theory"))
    assert read(body).title == "Cause Not Found: a Cure Without a Theory"


@pytest.mark.parametrize(
    ("target", "obstacle"),
    [
        ("https://mymsbuddy.com/", Obstacle.SOFT_404),
        ("https://mymsbuddy.com/news", Obstacle.SOFT_404),
        ("https://mymsbuddy.com/404.html", Obstacle.SOFT_404),
        ("https://mymsbuddy.com/login?next=%2Fnews", Obstacle.LOGIN),
        ("https://accounts.example.org/signin", Obstacle.LOGIN),
        ("https://mymsbuddy.com/news/view/a-new-name-Hh4Jj5", None),
        ("https://mymsbuddy.com/research/a-walk-a-day", None),
    ],
)
def test_where_an_article_is_led_to_says_whether_it_is_there(target: str, obstacle: Obstacle | None) -> None:
    seen = led_away(ARTICLE, target, "article", PROFILE)
    assert (None if seen is None else seen.obstacle) == obstacle
    assert led_away(PAGE, target, "page", PROFILE) is None


@pytest.mark.parametrize(
    ("body", "headers", "told"),
    [
        (b"<title>Just a moment...</title><script>_cf_chl_opt={}</script>", (), False),
        (b"<div class='cf-turnstile'></div>", (), True),
        (b"", (("CF-Mitigated", "challenge"),), True),
        (b"", (("x-amzn-waf-action", "captcha"),), True),
        (b"<h1>Forbidden</h1>", (("Server", "cloudflare"),), False),
        (b"\xff\xfe\x00captcha", (), True),
    ],
)
def test_an_error_answer_tells_a_challenge_by_its_marks(
    body: bytes, headers: tuple[tuple[str, str], ...], told: bool
) -> None:
    assert (challenge_in_answer(body, headers) is not None) == told


def test_a_site_has_words_of_its_own() -> None:
    body = page("<h1>Hoppla</h1><p>Diese Seite gibt es nicht.</p>")
    assert read(body).obstacle is None
    profile = replace(PROFILE, obstacles={"diese seite gibt es nicht": "soft_404"})
    reading = read_page(body, profile=profile, url=ARTICLE, content_type="text/html")
    assert reading.obstacle is Obstacle.SOFT_404


@pytest.mark.parametrize("table", ["whatever = ['x']", "login = ['a']", "login = 'log in'"])
def test_a_profile_with_obstacles_that_make_no_sense_is_refused(table: str, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(f'extends = "mymsbuddy"\nname = "x"\n[obstacles]\n{table}\n', "utf-8")
    with pytest.raises(ProfileError, match="obstacles"):
        load_profile(str(file))
