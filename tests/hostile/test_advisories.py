"""Published faults of programs like ours, each provoked here under the name of its advisory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd

from crawler.fetcher import Fetcher
from crawler.guard import Guard
from crawler.terminal import printable
from spiders.reading.addresses import canonical
from spiders.sitemaps import read_sitemap
from spiders.sites import load_profile
from spiders.summaries import site_profile
from storage.http.codings import FREE_OF_RATIO, decode
from tests.crawl.crawling import Crawled, ask, crawl, states
from tests.crawl.scripted import Answer, ScriptedSite, links, redirect, robots

from .places import Trap

_MIB = 2**20
_SECRET = "the-operator-s-secret"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScriptedSite, Path, Crawled, Trap]]:
    """A crawl of a site that tries some of them at once."""
    folder = tmp_path_factory.mktemp("advisories")
    secret = folder / "secret.html"
    secret.write_text(f"<p>{_SECRET}</p>")
    page = Answer(body=b"<p>a page</p>", headers=(("Referrer-Policy", "sys.exit"),))
    with Trap() as trap:
        named = {
            "/to-file": redirect(f"file://{secret}"),
            "/to-file-with-one-slash": redirect(f"file:{secret}"),
            "/to-source-file": redirect(f"source:file://{secret}"),
            "/to-s3": redirect("s3://bucket/key"),
            "/to-ftp": redirect(f"ftp://127.0.0.1:{trap.port}/"),
            "/to-elsewhere": redirect(f"http://localhost:{trap.port}/"),
            "/policy": page,
            "/policy-after": page,
        }
        script = {"/robots.txt": robots(), "/": links(*named), "/news": links(), **named}
        with ScriptedSite(script) as site:
            done = crawl(folder / "archive", site.base_url, retries=0, contact="me@example.org")
            yield site, folder / "archive", done, trap


Ran = tuple[ScriptedSite, Path, Crawled, Trap]


@pytest.mark.parametrize("path", ["/to-file", "/to-s3", "/to-ftp"])
def test_ghsa_23j4_mw76_5v7h(path: str, crawled: Ran) -> None:
    """Scrapy followed redirects out of HTTP: to files, buckets, FTP."""
    assert states(crawled[1])[path] == ("failed", "HTTP 301 without a usable target")
    assert crawled[3].connections == 0


def test_ghsa_6jrf_rcjf_245r_cve_2024_51998(crawled: Ran) -> None:
    """changedetection.io knew `file://`, but not `file:/path`."""
    assert states(crawled[1])["/to-file-with-one-slash"][0] == "failed"
    assert canonical("file:/etc/passwd") is None


def test_ghsa_cwgg_57xj_g77r_cve_2024_51483(crawled: Ran) -> None:
    """changedetection.io took a prefix off after it had looked at the scheme."""
    assert states(crawled[1])["/to-source-file"][0] == "failed"
    for address in ("source:file:///etc/passwd", "source:http://127.0.0.1/", "view-source:http://x/"):
        assert canonical(address) is None
    kept = b"".join(path.read_bytes() for path in (crawled[1] / "captures").iterdir())
    assert _SECRET.encode() not in kept


def test_ghsa_cw9j_q3vf_hrrv_cve_2024_3574(crawled: Ran) -> None:
    """Scrapy took the Authorization header along to another domain."""
    assert crawled[3].connections == 0
    sent = [line.lower() for heads in crawled[0].heads.values() for head in heads for line in head]
    assert sent and not any(line.startswith((b"authorization:", b"cookie:", b"referer:")) for line in sent)


def test_ghsa_4qqq_9vqf_3h3f_cve_2024_1968() -> None:
    """Scrapy took it along to another scheme or port: there is none to take, in an address neither."""
    assert canonical("https://user:password@example.org/") is None
    with pytest.raises(Exception, match="not an http or https address"):
        site_profile("sample", ("http://user:password@127.0.0.1/",))


def test_ghsa_cwxj_rr6w_m6w7_cve_2026_105782(crawled: Ran) -> None:
    """Scrapy imported and called what a Referrer-Policy header named."""
    assert crawled[2].code == 3  # the redirects that lead nowhere, and no `sys.exit`
    assert {states(crawled[1])[path][0] for path in ("/policy", "/policy-after")} == {"stored"}


_BOMBS = {
    "gzip": gzip.compress(bytes(200 * _MIB)),
    "deflate": zlib.compress(bytes(200 * _MIB)),
    "zstd": zstd.compress(bytes(200 * _MIB)),
}


@pytest.mark.parametrize("coding", _BOMBS)
def test_ghsa_7j7m_v7m3_jqm7_cve_2024_3572(coding: str) -> None:
    """Scrapy's limit on sizes held for what came, not for what was unpacked."""
    done = decode(_BOMBS[coding], (coding,), 10 * _MIB)
    assert done.fault == "too large"
    assert len(done.body) <= 10 * _MIB


def test_ghsa_2qfp_q593_8484_cve_2025_6176() -> None:
    """Scrapy's limit did not hold for brotli, which packs zeros by a hundred thousand."""
    bomb = brotli.compress(bytes(200 * _MIB), quality=5)
    done = decode(bomb, ("br",), 10 * _MIB)
    assert done.fault == "too large"
    assert len(done.body) <= FREE_OF_RATIO


@pytest.mark.parametrize(
    "body",
    [b"<urlset>" + b"<url " * 200_000, b"<urlset" + b" a" * 200_000, b"<urlset>" + b"<url><loc" * 100_000],
    ids=["tags", "attributes", "nested"],
)
def test_ghsa_cc65_xxvf_f7r9_cve_2024_1892(body: bytes) -> None:
    """Scrapy looked for XML nodes with a regular expression that backtracked for ever."""
    assert (
        read_sitemap(body, url="http://127.0.0.1/s.xml", depth=0, profile=load_profile("sample")).found == ()
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"])
def test_cve_2026_27696(host: str) -> None:
    """changedetection.io fetched addresses of its own network."""
    with Trap() as trap:
        with pytest.raises(Exception, match="not a public address"):
            Fetcher("me", Guard()).fetch(f"http://{host}:{trap.port}/")
        assert trap.connections == 0


def test_ghsa_68wj_c2jw_5pp9_cve_2023_24769(crawled: Ran) -> None:
    """changedetection.io stored addresses that were scripts."""
    assert canonical("javascript:alert(1)") is None
    assert canonical("java\nscript:alert(1)") is None
    assert ask(crawled[1], "SELECT url FROM urls WHERE url NOT LIKE 'http%'") == []


def test_cve_2021_42574() -> None:
    """Directional overrides showed text in another order than it had."""
    assert printable("a\u202eb\u2066c") == "a<U+202E>b<U+2066>c"
