"""Whether people who don't see well, or use no mouse, can read the pages: axe-core finds nothing serious."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .chromium import axe
from .test_pages import PAGES

_LOOK = "axe.run(document, {iframes: false, resultTypes: ['violations']})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(new_page: Callable[..., Any], scheme: str) -> None:
    source = axe()
    page = new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
    found = []
    for path in (*PAGES, "/nowhere", "/article/sample/aB3dE7?as_of=2026-02-01"):
        page.goto(path)
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true }")
        page.evaluate(source)
        for violation in page.evaluate(_LOOK)["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:200] for node in violation["nodes"][:2]]
                found.append((path, violation["id"], nodes))
    assert found == []
