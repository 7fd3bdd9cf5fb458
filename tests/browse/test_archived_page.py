"""What is made of a capture's body before a browser gets it."""

from __future__ import annotations

import httpx
import pytest

from crawler.browse.archived_page import Kind, kind_of, shown


@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [
        (b"<p>x", "text/html", Kind.HTML),
        (b"<p>x", "application/xhtml+xml", Kind.HTML),
        (b"<!doctype html><p>x", None, Kind.HTML),
        (b"<p>x", "text/plain", Kind.TEXT),
        (b"<p>x", "text/xml", Kind.TEXT),
        (b"<svg onload=x>", "image/svg+xml", Kind.BYTES),
        (b"{}", "application/json", Kind.TEXT),
        (b"<html>", "application/pdf", Kind.BYTES),
        (b"\x89PNG\0", None, Kind.BYTES),
        (b"words", None, Kind.TEXT),
        (b"<html>", "text/html; charset=x", Kind.HTML),
    ],
)
def test_only_what_says_html_or_says_nothing_is_shown_as_html(
    body: bytes, media_type: str | None, kind: Kind
) -> None:
    assert kind_of(body, media_type) is kind


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Café “x” Łódź".encode("iso-8859-2", "replace"), "text/html; charset=iso-8859-2"),
        ("Café".encode("utf-16"), "text/html"),
        (b'<meta charset="windows-1252">Caf\xe9', "text/html"),
        ("Café".encode(), "text/html; charset=iso-8859-1"),
        (b"Caf\xe9", "text/html; charset=utf-8"),
        (b"Caf\xe9", "text/html; charset=hex"),
    ],
)
def test_it_is_decoded_as_the_reader_decodes_it(body: bytes, content_type: str) -> None:
    assert "Café" in shown(body, "text/html", content_type, Kind.HTML).decode()


def test_what_opens_connections_in_spite_of_every_policy_is_given_another_name() -> None:
    body = b'<LINK/rel=preconnect><link\nrel=x><linked><iframe srcdoc="&lt;link&gt;">x</iframe\t>a <link'
    made = (
        b'<bgsound/rel=preconnect><bgsound\nrel=x><linked><noembed srcdoc="&lt;link&gt;">x</noembed\t>a <link'
    )
    assert shown(body, None, None, Kind.HTML) == made
    assert shown(b"<link rel=x>", "text/plain", None, Kind.TEXT) == b"<link rel=x>"


def test_it_is_sent_as_text_in_utf_8_whatever_the_site_called_it(client: httpx.Client) -> None:
    answer = client.get("/archived/1")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Café" in answer.text
