"""Addresses that need nothing done to them are told by a pattern: the libraries make the same of them."""

from __future__ import annotations

import re

import pytest

from spiders.reading import addresses
from spiders.reading.addresses import canonical

_HOSTS = (
    "example.org", "EXAMPLE.org", "a..b", "-a.org", "a_b.org", "xn--nxasmq6b.org", "münchen.example",
    "a" * 64 + ".org", "127.0.0.1:8000", "example.org:80", "example.org:443", "example.org:0080",
    "u@example.org", "[::1]", "[", "",
)  # fmt: skip
_PATHS = (
    "", "/", "/a", "/a/", "/a//b", "//c/d", "/./a", "/../a", "/a/..", "/.hidden", "/a.b-C_d~e", "/%41",
    "/a b", "/ü", "/a?b=1&a=2", "/a#b", "/a;b", "/a:b", " /a", "/a\n", "a/b", "../a",
)  # fmt: skip
_BASES = (None, "http://127.0.0.1:8000/", "https://example.org/news/view/naps-and-nerves-k4RtZ9")


@pytest.mark.parametrize("base", _BASES)
def test_a_plain_address_is_its_own_canonical_form(base: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    origins = (
        "",
        *(f"{scheme}{host}" for host in _HOSTS for scheme in ("http://", "https://", "HTTP://", "//")),
    )
    links = [origin + path for origin in origins for path in _PATHS]
    quickly = [canonical(link, base) for link in links]
    monkeypatch.setattr(addresses, "_PLAIN", re.compile("(?!)"))
    assert quickly == [canonical(link, base) for link in links]
