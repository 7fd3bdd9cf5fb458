"""The words, marks and headers by which pages that stand in an article's place give themselves away.

All patterns are for text in comparison form (`spiders.reading.words.comparable`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from spiders.reading.model import Obstacle

_THING = r"(?:page|article|story|post|content|document|file|resource|url|link)"
_THIS = r"(?:the|this|that|your)"
_CANT = r"(?:can't|cannot|can not|could not|couldn't|were unable to|are unable to)"
_GONE = (
    r"(?:(?:was|is|has|have|had|could|can|may|might|must|been|be|no|longer|not|n't|cannot|can't|couldn't|"
    r"wasn't|isn't|doesn't|does|moved|or|deleted|removed)\s+)*"
    r"(?:not found|found|exist|exists|available|unavailable|missing|removed|deleted|moved)"
)
_LOG_IN = r"(?:log ?in|sign ?in|login)"
_JOIN = (
    r"(?:log ?in|sign ?in|sign ?up|subscribe|register|join|become a member|"
    r"create (?:a|an|your) (?:free )?account)"
)
_SITE = r"(?:the |this |our )?(?:site|website|server|service|page)"
_HUMAN = r"(?:that )?you(?:'re| are) (?:a )?(?:human|person|not a (?:ro)?bot)"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


HEADLINES: Mapping[Obstacle, re.Pattern[str]] = {
    Obstacle.SOFT_404: _any(
        r"(?:error )?(?:404|410)(?: error)?",
        rf"(?:(?:404|410)[\s,.:-]*)?(?:(?:{_THIS} )?{_THING} )?(?:was |is )?not found",
        rf"(?:(?:404|410)[\s,.:-]*)?(?:{_THIS} )?{_THING} (?:is )?"
        r"(?:no longer (?:exists|available)|missing|gone)",
        rf"(?:{_THIS} )?{_THING} (?:{_CANT} be found|(?:does not|doesn't) exist|(?:is )?unavailable)",
        rf"(?:we |i )?{_CANT} find {_THIS} {_THING}(?: you(?:'re| are| were) looking for)?",
        r"nothing (?:was )?(?:found|here)(?: here)?",
        rf"no such {_THING}",
        r"no results found",
    ),
    Obstacle.LOGIN: _any(
        rf"(?:please )?{_LOG_IN}(?: (?:or|/|and) (?:sign ?up|register|create an account|join))?"
        r"(?: required| to your account| to (?:continue|proceed|read|view|see|access)(?: .{1,60})?)?",
        rf"{_JOIN} to (?:continue|keep|read)(?: .{{1,60}})?",
        r"(?:members|subscribers) only",
        r"(?:this )?(?:content|article|page) is (?:only |reserved )?for (?:members|subscribers)(?: only)?",
        r"authentication required",
    ),
    Obstacle.CHALLENGE: _any(
        r"just a moment",
        r"attention required",
        r"access denied",
        r"one more step",
        r"ddos-guard",
        r"human verification",
        r"security verification",
        r"pardon our interruption",
        r"request unsuccessful",
        r"you have been blocked",
        r"checking your browser(?: .{1,60})?",
        rf"(?:please )?(?:verify|confirm|prove) {_HUMAN}(?: .{{1,40}})?",
        r"are you (?:a )?(?:robot|human)",
        r"(?:please )?(?:complete |solve |enter )?(?:the |a )?(?:captcha|security check)(?: .{1,40})?",
        rf"making sure {_HUMAN}",
    ),
    Obstacle.CONSENT: _any(
        r"before you continue(?: .{1,60})?",
        r"we value your privacy",
        r"your privacy(?: choices| matters| is important to us)",
        r"(?:cookie|privacy) (?:consent|settings|preferences|choices)",
        r"we use cookies",
        r"(?:accept|manage) (?:all )?cookies(?: to continue)?",
        r"this (?:site|website) uses cookies",
    ),
    Obstacle.MAINTENANCE: _any(
        rf"(?:{_SITE} is )?(?:currently |temporarily )?(?:down |closed |offline |under |undergoing |in )?"
        r"(?:for )?(?:scheduled |planned |routine )?maintenance(?: mode| break)?",
        r"(?:we'll|we will) be (?:right )?back(?: soon| shortly| online.{0,20})?",
        r"be right back",
        rf"{_SITE} (?:is )?(?:temporarily )?(?:unavailable|offline|down)",
        r"(?:service )?temporarily (?:unavailable|offline)",
        r"(?:50[0234][\s:-]*)?(?:bad gateway|gateway time-?out|internal server error|service unavailable)",
        r"50[0234]",
        r"something went wrong",
        r"(?:an )?(?:unexpected )?error (?:has )?occurred",
        r"(?:error establishing a )?database (?:connection )?error",
        r"error establishing a database connection",
        r"application error.{0,60}",
    ),
}
"""What heads such a page: the whole of its title or heading, but for the site's name."""

NOTICES: Mapping[Obstacle, re.Pattern[str]] = {
    Obstacle.CHALLENGE: _any(
        r"enable javascript and cookies to continue",
        rf"(?:verify(?:ing)?|confirm|prove) {_HUMAN}",
        r"checking (?:if|that) the site connection is secure",
        r"needs to review the security of your connection",
        r"unusual (?:traffic|activity)",
        r"automated (?:requests|traffic|access)",
        r"complete the (?:captcha|security check)",
        r"i(?:'m| am) not a robot",
        r"checking your browser",
        r"reference #\d+\.[0-9a-f]+",
    ),
    Obstacle.MAINTENANCE: _any(
        r"(?:down|closed|offline|unavailable) for (?:scheduled |planned |some |routine )?maintenance",
        r"(?:performing|undergoing|under) (?:scheduled |planned |routine |essential )?maintenance",
        r"(?:try again|check back|come back) (?:later|soon|in a few (?:minutes|moments)|shortly)",
    ),
    Obstacle.LOGIN: _any(
        rf"{_JOIN}\b[^.!?]{{0,40}} (?:to|and) (?:continue|keep|finish) reading",
        rf"{_JOIN}\b[^.!?]{{0,40}} (?:to|and) (?:continue|read|unlock|view|see|access) (?:the |this )"
        r"(?:full|rest|whole|remaining|complete|article|story|page|content|summary)",
        rf"you (?:must|need to|have to) (?:be logged in|be signed in|{_LOG_IN})",
        r"(?:only|exclusively) (?:available )?(?:for|to) (?:registered |paying )?"
        r"(?:members|subscribers|users)",
    ),
    Obstacle.SOFT_404: _any(
        rf"the {_THING} (?:that )?you(?:'re| are| were|'ve| have)? (?:looking for|requested|"
        rf"asked for|followed|trying to (?:reach|view|visit))[^.!?]{{0,20}} {_GONE}",
        rf"(?:we |i )?{_CANT} (?:seem to )?find {_THIS} {_THING}",
        rf"(?:this|that) {_THING} {_GONE}",
        r"(?:link|url|address) (?:may be|is|might be) (?:broken|wrong|mistyped|outdated)",
    ),
    Obstacle.CONSENT: _any(
        r"(?:accept|agree to|consent to|choose) [^.!?]{0,60}(?:cookies|privacy|terms)[^.!?]{0,40} "
        r"(?:to|before you) (?:continue|proceed|read|enter|use|access)",
        r"before you continue to",
        r"we and our (?:\d+ )?partners (?:store|use|process)",
    ),
}
"""What it says in a sentence; counts only where little else is said."""

SCRIPTED = _any(
    r"(?:enable|activate|turn on|requires?|need|without|use) (?:\w+ )?javascript",
    r"javascript (?:is|to be|must be) (?:disabled|required|enabled|off|turned)",
)
"""A shell's own words for what it needs."""
LOADING = re.compile(
    r"(?:loading|please wait|one moment|initiali[sz]ing|starting|fetching)\b.{0,40}|[\W\d_]*"
)

CHALLENGE_MARKS = (
    (
        "Cloudflare",
        _any(r"cf-chl", r"challenges\.cloudflare\.com", r"cf-turnstile", r"challenge-platform/h/"),
    ),
    ("hCaptcha", _any(r"\bh-captcha\b", r"hcaptcha\.com")),
    ("reCAPTCHA", _any(r"\bg-recaptcha\b", r"google\.com/recaptcha", r"recaptcha\.net")),
    ("DataDome", _any(r"captcha-delivery\.com")),
    ("PerimeterX", _any(r"px-captcha")),
    ("Imperva", _any(r"_incapsula_resource")),
    ("AWS WAF", _any(r"awswaf\.com", r"aws-waf")),
    ("Anubis", _any(r"\.within\.website/x/cmd/anubis", r"techaro")),
    ("a captcha", _any(r"\bcaptcha\b")),
)
"""Whose challenge it is, and what betrays it in the markup, in small letters."""
WIDGETS = frozenset(("hCaptcha", "reCAPTCHA", "a captcha"))
"""What also stands in forms of ordinary pages."""
CHALLENGE_HEADERS = {
    "cf-mitigated": re.compile("challenge"),
    "x-amzn-waf-action": re.compile("captcha|challenge"),
    "x-datadome": re.compile("protected"),
}

LOGIN_PATH = re.compile(
    r"(?:^|/)(?:log[-_]?in|sign[-_]?in|sign[-_]?up|auth|oauth2?|sso|subscribe|register|join)(?:[/.]|$)", re.I
)
MISSING_PATH = re.compile(r"(?:^|/)(?:404|410|not[-_]?found|error|missing)(?:[-_./]|$)", re.I)
