"""The README's pictures: the demonstration's archive in a real Chromium.

They are taken in every run, and put into docs/images where MSARCHIVE_SCREENSHOTS=1 says so
(`make screenshots`).
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from tests.tools.programs import CHECKOUT

from .chromium import Watch
from .demo import EDITED, READ, demo_archive
from .serving import serving

_PICTURES = {
    "browse-start": ("/", "light", 1100, 820),
    "browse-article": (f"/article/sample/{READ}", "light", 1100, 960),
    "browse-search": ("/search?q=fatigue", "dark", 1100, 760),
    "browse-difference": (f"/history/sample/{EDITED}", "light", 1100, 800),
    "browse-phone": (f"/article/sample/{READ}", "dark", 390, 780),
}
"""Name -> address, colours, width and height."""
_MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_archive(tmp_path_factory.mktemp("demo") / "demo-archive")


@pytest.mark.timeout(900)
def test_the_pictures_of_the_readme(browser: Any, demo: Path, tmp_path: Path) -> None:
    into = CHECKOUT / "docs" / "images" if os.environ.get("MSARCHIVE_SCREENSHOTS") == "1" else tmp_path
    into.mkdir(parents=True, exist_ok=True)
    with serving(demo) as base:
        watch = Watch(base)
        for name, (path, scheme, width, height) in _PICTURES.items():
            context = browser.new_context(
                base_url=base, color_scheme=scheme, viewport={"width": width, "height": height}
            )
            page = context.new_page()
            watch.over(page)
            page.goto(path)
            picture = _small(page.screenshot())
            assert len(picture) < _MOST_BYTES
            (into / f"{name}.png").write_bytes(picture)
            context.close()
    watch.assert_nothing()


def _small(png: bytes) -> bytes:
    """The picture in 128 colours: a third of the bytes, and text looks the same."""
    Image = pytest.importorskip("PIL.Image")
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small = io.BytesIO()
    picture.save(small, "PNG", optimize=True)
    return small.getvalue()
