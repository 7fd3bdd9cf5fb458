"""The server: conditional requests, content coding, redirects, changes, and clients that misbehave."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import socket
import threading
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from crawler.samplesite import SampleSite, truth
from crawler.samplesite.__main__ import main
from crawler.samplesite.replies import accepts_gzip, key_of

from .conftest import ask

BY_ID = {article.id: article for article in truth()}
ARTICLE = BY_ID["aB3xYz"]


def test_pages_answer_and_differ_by_the_case_of_the_id(site: SampleSite) -> None:
    lower, upper = ask(site, ARTICLE.path), ask(site, BY_ID["Ab3xYz"].path)
    assert (lower.status, upper.status) == (200, 200)
    assert lower.body != upper.body
    assert ask(site, ARTICLE.path.lower()).status == 404


def test_head_has_the_length_and_no_body(site: SampleSite) -> None:
    whole, head = ask(site, ARTICLE.path), ask(site, ARTICLE.path, "HEAD")
    assert head.body == b""
    assert int(head.headers["content-length"]) == len(whole.body)


CONDITIONAL = [ARTICLE.path, "/", "/news?page=2", "/robots.txt", "/privacy", "/sitemap.xml"]
CONDITIONAL += ["/sitemaps/articles-2.xml.gz", "/static/site.css"]


@pytest.mark.parametrize("path", CONDITIONAL)
def test_conditional_requests(site: SampleSite, path: str) -> None:
    fresh = ask(site, path)
    tag, since = fresh.headers["etag"], fresh.headers["last-modified"]
    for condition in (
        {"If_None_Match": tag},
        {"If_None_Match": f'W/{tag}, "other"'},
        {"If_Modified_Since": since},
    ):
        answer = ask(site, path, **condition)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == tag
    assert ask(site, path, If_None_Match='"other"', If_Modified_Since=since).status == 200
    assert ask(site, path, If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status == 200
    assert ask(site, path, If_Modified_Since="yesterday").status == 200


def test_gzip_when_accepted(site: SampleSite) -> None:
    plain = ask(site, ARTICLE.path)
    zipped = ask(site, ARTICLE.path, Accept_Encoding="gzip, deflate")
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert zipped.headers["etag"] != plain.headers["etag"]
    again = ask(site, ARTICLE.path, Accept_Encoding="gzip", If_None_Match=zipped.headers["etag"])
    assert again.status == 304


@pytest.mark.parametrize(
    ("field", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*, gzip;q=0.0", False),
    ],
)
def test_accept_encoding(field: str, accepted: bool) -> None:
    assert accepts_gzip(field) is accepted


def test_gzipped_sitemap_is_a_file_and_no_coding(site: SampleSite) -> None:
    answer = ask(site, "/sitemaps/articles-2.xml.gz", Accept_Encoding="gzip")
    assert answer.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in answer.headers
    assert gzip.decompress(answer.body).startswith(b"<?xml")


def test_moved_gone_and_missing(site: SampleSite) -> None:
    moved = BY_ID["a6TnH3"]
    answer = ask(site, moved.old_paths[0])
    assert (answer.status, answer.headers["location"]) == (301, site.base_url + moved.path)
    assert ask(site, "/news/view/a-promising-cream-for-itching-in-ms-Gd3Hk1").status == 410
    for path in (
        "/news/view/a-page-that-never-was-nO7hE9",
        "/news?page=99",
        "/news?page=x",
        "/static/",
        "/static",
    ):
        assert ask(site, path).status == 404, path


def test_tracking_parameters_do_not_matter(site: SampleSite) -> None:
    tracked = ask(site, f"{ARTICLE.path}?utm_source=x")
    assert tracked.body == ask(site, ARTICLE.path).body


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/news?page=1", "/news"),
        ("/news?page=3&x=1", "/news?page=3"),
        ("http://other.example/news", "/news"),
        ("/ne%77s#top", "/news"),
        ("", "/"),
        ("http://[broken/", ""),
        ("/?page=2", "/"),
    ],
)
def test_targets(target: str, key: str) -> None:
    assert key_of(target) == key


def test_host_header_is_not_believed(site: SampleSite) -> None:
    answer = ask(site, BY_ID["a6TnH3"].old_paths[0], Host="evil.example")
    assert answer.headers["location"].startswith(site.base_url)
    assert b"evil.example" not in ask(site, ARTICLE.path, Host="evil.example").body


def test_changes_while_running(site: SampleSite) -> None:
    before = {
        one: ask(site, one) for one in (ARTICLE.path, BY_ID["T2fJs5"].path, BY_ID["Sx1jR8"].path, "/privacy")
    }
    assert ask(site, "/").status == 200
    site.apply("remove")
    assert ask(site, BY_ID["T2fJs5"].path).status == 410
    site.apply("edit")
    assert b"sleep routines" in ask(site, BY_ID["Sx1jR8"].path).body
    tag = before[ARTICLE.path].headers["etag"]
    assert ask(site, ARTICLE.path, If_None_Match=tag).status == 304
    site.apply("new")
    answer = ask(site, ARTICLE.path, If_None_Match=tag)
    assert answer.status == 200 and b"Warm Water Classes" in answer.body
    since = before[ARTICLE.path].headers["last-modified"]
    assert parsedate_to_datetime(answer.headers["last-modified"]) > parsedate_to_datetime(since)
    site.apply("move")
    assert ask(site, BY_ID["I2hPv4"].path).status == 301
    assert ask(site, "/privacy", If_None_Match=before["/privacy"].headers["etag"]).status == 304
    site.apply("footer")
    assert b"checked against their sources" in ask(site, "/privacy").body
    assert site.edition == ("edit", "new", "remove", "move", "footer")
    with pytest.raises(ValueError, match="unknown change"):
        site.apply("explode")


def test_two_sites_of_one_edition_send_the_same(site: SampleSite) -> None:
    with SampleSite(edition=("edit",)) as other:
        site.apply("edit")
        for path in (ARTICLE.path, "/news", "/sitemap.xml"):
            mine = ask(site, path).body.replace(site.base_url.encode(), b"")
            assert mine == ask(other, path).body.replace(other.base_url.encode(), b"")


def test_requests_are_remembered(site: SampleSite) -> None:
    ask(site, "/news", User_Agent="tester/1")
    ask(site, "/nowhere")
    first, second = site.requests
    assert (first.method, first.path, first.status, first.user_agent) == ("GET", "/news", 200, "tester/1")
    assert (second.status, second.at >= first.at) == (404, True)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_are_refused(site: SampleSite, method: str) -> None:
    answer = ask(site, "/", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1 extra\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /%ff%00/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /\xc3\xa9\xff HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon here\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nIf-None-Match: \xff\xfe\r\nAccept-Encoding: ;;q=,\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: zillions\r\n\r\nbody",
        b"GET /\n\n",
    ],
)
def test_malformed_requests_do_no_harm(
    site: SampleSite, raw: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    address = ("127.0.0.1", int(site.base_url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=5) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
    assert ask(site, "/").status == 200
    assert capfd.readouterr().err == ""


def test_one_connection_serves_many_requests_and_many_threads_work(site: SampleSite) -> None:
    wanted = hashlib.sha256(ask(site, ARTICLE.path).body).digest()
    wrong: list[int] = []

    def worker() -> None:
        connection = http.client.HTTPConnection(site.base_url.removeprefix("http://"), timeout=10)
        for _ in range(20):
            connection.request("GET", ARTICLE.path)
            if hashlib.sha256(connection.getresponse().read()).digest() != wanted:
                wrong.append(1)
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(site.requests) == 161


def test_stopping_drops_open_connections() -> None:
    site = SampleSite()
    site.start()
    connection = http.client.HTTPConnection(site.base_url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    site.stop()
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.request("GET", "/")
        connection.getresponse()
    connection.close()


def test_a_site_that_never_started_can_be_stopped() -> None:
    SampleSite().stop()


def test_an_unknown_edition_is_refused_before_a_port_is_taken() -> None:
    with pytest.raises(ValueError, match="unknown change 'explode'"):
        SampleSite(edition="explode")


def test_the_command_line_says_why_it_cannot_serve(
    site: SampleSite, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", site.base_url.rpartition(":")[2]])
    assert ended.value.code == 1
    assert "cannot serve on port" in capsys.readouterr().err


def test_last_modified_is_a_http_date(site: SampleSite) -> None:
    value = ask(site, ARTICLE.path).headers["last-modified"]
    assert format_datetime(parsedate_to_datetime(value), usegmt=True) == value
