"""Certificates and handshakes that prove nothing: nothing is asked of such a server, and the run says so."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .certificates import Authority, server_context
from .crawling import Crawled, crawl, states
from .listening import Listening, on_loopback
from .scripted import Answer, Script, ScriptedSite, links, redirect, robots

Fault = Callable[[Authority, Path], ssl.SSLContext]
HEALTHY: Script = {"/robots.txt": robots(), "/": links("/news"), "/news": links("/")}


class HangsUp(Listening):
    """Reads the beginning of a handshake and says no more than `answer`."""

    def __init__(self, answer: bytes = b"") -> None:
        self._answer = answer
        self.base_url = self.listen(on_loopback()).replace("http:", "https:")

    def serve(self, connection: socket.socket, number: int) -> None:
        """Answer the client's hello with something that is none."""
        connection.recv(65536)
        connection.sendall(self._answer)


def expired(trusted: Authority, folder: Path) -> ssl.SSLContext:
    return server_context(trusted.vouch(days=(-9, -1)))


def not_yet_valid(trusted: Authority, folder: Path) -> ssl.SSLContext:
    return server_context(trusted.vouch(days=(2, 9)))


def for_another_host(trusted: Authority, folder: Path) -> ssl.SSLContext:
    return server_context(trusted.vouch(hosts=("elsewhere.example", "192.0.2.1")))


def by_nobody_known(trusted: Authority, folder: Path) -> ssl.SSLContext:
    return server_context(Authority(folder, "Somebody else's authority").vouch())


def of_an_old_protocol(trusted: Authority, folder: Path) -> ssl.SSLContext:
    context = server_context(trusted.vouch())
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@dataclass(frozen=True)
class Trusting:
    """Crawls whose only trust is in one authority."""

    authority: Authority
    folder: Path

    @property
    def archive(self) -> Path:
        """Where they put what they got."""
        return self.folder / "archive"

    def crawl(self, base_url: str, **options: Any) -> Crawled:
        """A crawl without retries."""
        before = f"import os; os.environ['SSL_CERT_FILE'] = {str(self.authority.pem)!r}"
        return crawl(self.archive, base_url, retries=0, before=before, **options)

    def crawl_two(self, site: ScriptedSite, other: ScriptedSite) -> Crawled:
        """A crawl of a site that has two hosts."""
        hosts = ", ".join(f'"{one.base_url[8:]}"' for one in (site, other))
        profile = self.folder / "two.toml"
        profile.write_text(
            f'extends = "sample"\n[addresses]\nscheme = "https"\nhosts = [{hosts}]\n'
            f'start = ["{site.base_url}/"]\nsitemaps = []\n'
        )
        return self.crawl(site.base_url, site=str(profile), start=[])


@pytest.fixture
def trusting(tmp_path: Path) -> Trusting:
    return Trusting(Authority(tmp_path), tmp_path)


def good(trusting: Trusting) -> ssl.SSLContext:
    return server_context(trusting.authority.vouch())


FAULTS: dict[Fault, str] = {
    expired: "certificate verify failed",
    not_yet_valid: "certificate verify failed",
    for_another_host: "the certificate is for another name",
    by_nobody_known: "certificate verify failed",
    of_an_old_protocol: "protocol version",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.replace("_", "-"))
def test_nothing_is_asked_of_a_server_that_can_not_prove_itself(fault: Fault, trusting: Trusting) -> None:
    with ScriptedSite(HEALTHY, tls=fault(trusting.authority, trusting.folder)) as site:
        done = trusting.crawl(site.base_url)
    assert site.paths == []
    assert done.code == 8, done
    why = done.result["reason"]
    assert "robots.txt" in why and "TLS: " in why and FAULTS[fault] in why and "\n" not in why
    found = states(trusting.archive)
    assert found.pop("/robots.txt")[0] == "failed"
    assert {state for state, _ in found.values()} == {"waiting"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "lost in a non-clean fashion"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "TLS: tls alert handshake failure"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "TLS: wrong version number"),
    ],
    ids=["cut", "refused", "plain-http"],
)
def test_a_handshake_that_comes_to_nothing_means_stay_away(
    answer: bytes, why: str, trusting: Trusting
) -> None:
    with HangsUp(answer) as site:
        done = trusting.crawl(site.base_url)
    assert done.code == 8, done
    assert why in done.result["reason"]


def test_with_a_good_certificate_the_same_site_is_crawled(trusting: Trusting) -> None:
    with ScriptedSite(HEALTHY, tls=good(trusting)) as site:
        assert trusting.crawl(site.base_url).code == 0
    assert site.paths == ["/robots.txt", "/sitemap.xml", "/", "/news"]


def test_a_certificate_that_ends_during_a_crawl_ends_nothing_but_what_was_left(trusting: Trusting) -> None:
    ended = expired(trusting.authority, trusting.folder)

    def last(path: str) -> Answer:
        site.tls = ended
        return Answer(links("/news").status, links("/news").body, headers=(("Connection", "close"),))

    with ScriptedSite({**HEALTHY, "/": last}, tls=good(trusting)) as site:
        done = trusting.crawl(site.base_url, start=[f"{site.base_url}/"])
    assert site.paths == ["/robots.txt", "/sitemap.xml", "/"]
    assert done.code == 3, done
    assert states(trusting.archive)["/news"] == ("failed", "TLS: certificate verify failed")


def test_a_redirect_does_not_lead_to_a_certificate_for_another_name(trusting: Trusting) -> None:
    wrong = for_another_host(trusting.authority, trusting.folder)
    with ScriptedSite(HEALTHY, tls=wrong) as other:
        script: Script = {**HEALTHY, "/": redirect(f"{other.base_url}/")}
        with ScriptedSite(script, tls=good(trusting)) as site:
            done = trusting.crawl_two(site, other)
    assert (site.paths, other.paths) == (["/robots.txt", "/"], [])
    assert done.code == 8, done
    why = "robots.txt unavailable: TLS: the certificate is for another name"
    assert done.result["reason"] == f"nothing may be asked: {why}"
    assert states(trusting.archive)["/"] == ("refused", why)


def test_robots_txt_that_leads_to_a_certificate_for_another_name_can_not_be_had(trusting: Trusting) -> None:
    wrong = for_another_host(trusting.authority, trusting.folder)
    with ScriptedSite(HEALTHY, tls=wrong) as other:
        script: Script = {**HEALTHY, "/robots.txt": redirect(f"{other.base_url}/robots.txt")}
        with ScriptedSite(script, tls=good(trusting)) as site:
            done = trusting.crawl_two(site, other)
    assert (site.paths, other.paths) == (["/robots.txt"], [])
    assert done.code == 8, done
    assert "the certificate is for another name" in done.result["reason"]
