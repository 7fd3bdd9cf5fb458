"""From a page's values to HTML: the templates, and how values are written in them.

Everything is escaped (Jinja's autoescape; no template marks anything safe), so text from the site is text.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request

from crawler import __version__
from crawler.browse.addresses import here, on_the_web
from crawler.cli.common import byte_size
from crawler.terminal import printable

NAVIGATION = (
    ("Articles", "/articles"),
    ("Topics", "/topics"),
    ("Journals", "/journals"),
    ("Changes", "/changes"),
    ("Runs", "/runs"),
    ("Coverage", "/coverage"),
    ("About", "/about"),
)


LEVELS = {
    "complete": "good",
    "running": "busy",
    **dict.fromkeys(("incomplete", "stopped", "limit", "killed", "skipped"), "warn"),
    **dict.fromkeys(("blocked", "changed", "failed"), "bad"),
    "stored": "good",
    "waiting": "busy",
    **dict.fromkeys(("redirected", "alias", "refused", "gone"), "warn"),
}
"""How a run ended, or an address's state -> the class that colours it."""


def static_file(name: str) -> bytes:
    """A file that comes with the pages. Raises `FileNotFoundError`."""
    return files("crawler.browse").joinpath("static", name).read_bytes()


@cache
def static_version() -> str:
    """What changes when such a file does: browsers keep them for long."""
    return hashlib.sha256(static_file("style.css") + static_file("icon.svg")).hexdigest()[:12]


def render(template: str, request: Request, **values: Any) -> str:
    """A template, filled. `values` are its own; `as_of` (what was typed) may be among them."""
    path = request.url.path
    values.setdefault("as_of", None)
    values.setdefault("site_name", values.get("archive") or "archive")
    return (
        _environment()
        .get_template(template)
        .render(path=path, navigation=NAVIGATION, version=__version__, **values)
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("crawler.browse", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"here": here, "levels": LEVELS, "static_version": static_version()}
    environment.filters |= {
        "web": on_the_web,
        "clean": _clean,
        "moment": _moment,
        "day": _day,
        "date": _date,
        "size": byte_size,
        "count": _count,
        "plural": _plural,
        "number": _number,
        "paragraphs": _paragraphs,
        "from_json": json.loads,
    }
    return environment


def _clean(value: str) -> str:
    """Text for where no element can hold a direction in: a window's title, an attribute."""
    return printable(value)


def _moment(utc: str) -> str:
    """`2026-11-23 06:48 UTC`; what is exact stands in the element's `datetime`."""
    return f"{utc[:16].replace('T', ' ')} UTC"


def _day(utc: str) -> str:
    """`23 November 2026`, of a moment."""
    return _date(utc[:10])


def _date(iso: str) -> str:
    """A date as precise as it is: `1 May 2026`, `May 2026`, `2026`."""
    for form, shown in (("%Y-%m-%d", "{0.day} {0:%B} {0.year}"), ("%Y-%m", "{0:%B} {0.year}")):
        try:
            return shown.format(datetime.strptime(iso, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return iso


def _count(number: int) -> str:
    return f"{number:,}"


def _plural(number: int, one: str, many: str | None = None) -> str:
    """`1 article`, `2,000 articles`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _number(value: float) -> str:
    """A rating's number: `4`, `3.5`."""
    return f"{value:g}"


def _paragraphs(text: str) -> list[str]:
    return [paragraph for paragraph in text.split("\n\n") if paragraph.strip()]
