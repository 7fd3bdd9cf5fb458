"""Who is answered, and what a browser may do with the answer."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from crawler.browse.addresses import here, on_the_web
from crawler.browse.security import ARCHIVED_POLICY, HEADERS

EVERYWHERE = (
    "/",
    "/article/sample/aB3dE6",
    "/archived/1",
    "/record/1",
    "/static/style.css",
    "/nowhere",
    "/go?to=aB3dE6",
)


def raw(client: httpx.Client, request: str) -> str:
    """An answer to bytes that no well-behaved client would send."""
    url = urlsplit(str(client.base_url))
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while data := connection.recv(65536):
            parts.append(data)
    return b"".join(parts).decode("latin-1")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_policies(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    expected = HEADERS | ({"Content-Security-Policy": ARCHIVED_POLICY} if path == "/archived/1" else {})
    assert {name: answer.headers[name] for name in expected} == expected
    assert "server" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe-eval" not in policy


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_only_reading_is_allowed(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{port}", "127.0.0.1", "localhost", "127.0.0.1:1", "127.0.0.2:{port}",
        "127.0.0.1.evil.example:{port}", "localhost.:{port}", "[::1]:{port}", "user@127.0.0.1:{port}",
        "127.0.0.1:{port}:80", "0.0.0.0:{port}", "2130706433:{port}", "",
    ],
)  # fmt: skip
def test_other_names_for_this_machine_are_not_answered(client: httpx.Client, host: str) -> None:
    """DNS rebinding: a site's own name that leads here, with the site's scripts behind it."""
    port = urlsplit(str(client.base_url)).port
    answer = raw(client, f"GET / HTTP/1.1\r\nHost: {host.format(port=port)}\r\nConnection: close\r\n\r\n")
    assert answer.split(" ")[1] in ("421", "400")
    assert "Iron" not in answer


def test_its_own_names_are_answered(client: httpx.Client) -> None:
    port = urlsplit(str(client.base_url)).port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        assert client.get("/", headers={"Host": host}).status_code == 200


def test_a_request_without_or_with_two_hosts_is_not_answered(client: httpx.Client) -> None:
    port = urlsplit(str(client.base_url)).port
    for lines in ("", f"Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"):
        answer = raw(client, f"GET / HTTP/1.1\r\n{lines}Connection: close\r\n\r\n")
        assert answer.split(" ")[1] in ("421", "400")
    assert raw(client, "GET / HTTP/1.0\r\n\r\n").split(" ")[1] == "421"


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("none", "navigate", "document", 200),
        ("same-origin", "no-cors", "style", 200),
        ("cross-site", "navigate", "document", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "image", 403),
        ("cross-site", "cors", "empty", 403),
        ("same-site", "no-cors", "script", 403),
    ],
)
def test_other_sites_pages_can_link_here_and_no_more(
    client: httpx.Client, site: str, mode: str, dest: str, status: int
) -> None:
    told = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert client.get("/", headers=told).status_code == status


def test_an_archived_page_is_shown_in_our_frame_only(client: httpx.Client) -> None:
    answer = client.get("/archived/1", headers={"Sec-Fetch-Dest": "document"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/capture/1")
    assert client.get("/archived/1", headers={"Sec-Fetch-Dest": "iframe"}).status_code == 200


def test_nothing_that_is_asked_for_gets_into_a_header(client: httpx.Client) -> None:
    for path in (
        "/go?to=a%0d%0aSet-Cookie:%20x",
        "/article/a%0d%0aSet-Cookie:x/y",
        "/topic/%0d%0aSet-Cookie:x",
    ):
        answer = client.get(path)
        assert "set-cookie" not in answer.headers
        assert "Set-Cookie" not in answer.headers.get("location", "")


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x",
        "vbscript:x", "file:///etc/passwd", "//evil.example/", "/path", "https:", "https:///x", "http://[::1",
        "https://a.example/\u202egpj", "https://a.example/a b", "\x01https://a.example/", "ftp://a.example/",
    ],
)  # fmt: skip
def test_only_addresses_on_the_web_become_links(url: str | None) -> None:
    assert on_the_web(url) is None


def test_addresses_here_hold_anything() -> None:
    assert on_the_web("https://a.example/x?y#z") == "https://a.example/x?y#z"
    assert here("topic", 'a/b?c#d"<') == "/topic/a%2Fb%3Fc%23d%22%3C"
    assert here("articles", page=2, sort=None, q="") == "/articles?page=2"
