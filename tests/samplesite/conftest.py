"""A running sample site for the tests of this folder, and a client that hides nothing."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from crawler.samplesite import SampleSite


@dataclass(frozen=True)
class Answer:
    """What came back: status, header fields by lower-case name, body as sent."""

    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def site() -> Iterator[SampleSite]:
    """A running, unchanged site."""
    with SampleSite() as running:
        yield running


def ask(site: SampleSite, target: str, method: str = "GET", **headers: str) -> Answer:
    """Ask the site; header names are given with underscores."""
    connection = http.client.HTTPConnection(site.base_url.removeprefix("http://"), timeout=10)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, headers=sent)
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, fields, response.read())
    finally:
        connection.close()
