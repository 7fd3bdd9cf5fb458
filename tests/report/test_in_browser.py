"""The report in a real Chromium, offline, as a file: it asks for nothing, fits, and everyone can read it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from crawler.report.page import make
from storage.archive import open_archive
from tests.report import archives
from tests.tools.programs import CHECKOUT, browser, missing

AXE = CHECKOUT / ".tools" / "axe" / "package" / "axe.min.js"
KINDS = ("empty", "single", "living", "hostile")
OVERLAPPING = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
  const texts = [...svg.querySelectorAll("text")]
    .map(text => [text.textContent, text.getBoundingClientRect()]);
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  const frame = svg.getBoundingClientRect();
  return texts.flatMap(([name, box], at) => [
    ...texts.slice(at + 1).filter(([, other]) => over(box, other)).map(([other]) => `${name} / ${other}`),
    ...(box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 2
      ? [`${name} leaves the picture`] : []),
  ]);
})"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of each kind of archive."""
    folder, made = tmp_path_factory.mktemp("reports"), {}
    for kind in KINDS:
        with open_archive(getattr(archives, kind)(folder / kind), read_only=True) as archive:
            made[kind] = folder / f"{kind}.html"
            made[kind].write_text(make(archive).html, "utf-8")
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = browser()
    if find_spec("playwright") is None:
        missing("the extra is not installed: pip install 'msarchive[render]'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_offline_fits_the_width_and_its_labels_do_not_touch(
    chromium: Any, files: dict[str, Path], kind: str, width: int, colours: str
) -> None:
    wrong: list[str] = []
    page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=colours)
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: wrong.append(request.url))
    page.goto(files[kind].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERLAPPING) == []
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    assert [url for url in wrong if not url.startswith(("file:", "data:,"))] == []
    page.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_that_keeps_people_from_reading_it(
    chromium: Any, files: dict[str, Path], kind: str, colours: str
) -> None:
    if not AXE.is_file():
        missing("axe-core is not set up; 'make tools' does it")
    page = chromium.new_page(viewport={"width": 900, "height": 800}, color_scheme=colours)
    page.goto(files[kind].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations)")
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    page.close()


def test_every_picture_has_a_title_a_description_and_axes_with_names(
    chromium: Any, files: dict[str, Path]
) -> None:
    page = chromium.new_page()
    page.goto(files["living"].as_uri())
    pictures = page.locator("svg")
    assert pictures.count() >= 8
    for at in range(pictures.count()):
        picture = pictures.nth(at)
        assert picture.get_attribute("role") == "img"
        title, described = picture.locator("title").text_content(), picture.locator("desc").text_content()
        assert title in picture.locator("text").all_text_contents()
        assert len(described) > 20
    page.close()
