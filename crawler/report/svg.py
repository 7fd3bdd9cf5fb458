"""From a matplotlib figure to an SVG element that stands in a page: real text, the page's colours.

Figures are drawn in stand-in colours, which become the page's own CSS variables here, so that one picture is
right in light and in dark. Ids get the picture's name before them: several pictures share a page. The same
figure gives the same bytes.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 560
"""Of every picture, in its own units, which are CSS pixels where there is room for it."""
INK, MUTED, GRID, PAPER = "#010101", "#010102", "#010103", "#010104"
"""Text; axes and lesser text; lines of the grid; what lies behind."""
SERIES = tuple(f"#0102{number:02x}" for number in range(5))
"""Colours that tell things apart, also for who sees few colours."""
LEVELS = 5
SHADES = tuple(f"#0103{number:02x}" for number in range(LEVELS))
"""From little to much."""
ON_SHADES = tuple(f"#0104{number:02x}" for number in range(LEVELS))
"""Text that stands on them."""
_VARIABLES = {
    **dict(zip((INK, MUTED, GRID, PAPER), ("ink", "muted", "grid", "paper"), strict=True)),
    **{colour: f"series-{number}" for number, colour in enumerate(SERIES)},
    **{colour: f"shade-{number}" for number, colour in enumerate(SHADES)},
    **{colour: f"on-shade-{number}" for number, colour in enumerate(ON_SHADES)},
}
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, and no usual font is wider
    "font.size": 12,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a site's text is no formula, whatever dollar signs are in it
    "text.usetex": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.use_mathtext": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 1,
    "hatch.color": PAPER,
    "hatch.linewidth": 1.5,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "figure.dpi": 72,
    "savefig.dpi": 72,
}
_FONT = re.compile(r"font-family: [^;]*;? ?")
_COLOUR = re.compile(r"#010[1-4][0-9a-f]{2}\b")
_REFERENCE = re.compile(r"(url\(#|^#)")
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib as this module wants it, whatever its user has configured."""
    import matplotlib

    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)  # that it makes its list of fonts is nobody's business
    try:
        with matplotlib.rc_context(), warnings.catch_warnings():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            # A sign that its font lacks is drawn by the browser's.
            warnings.filterwarnings("ignore", "Glyph .* missing from")
            yield
    finally:
        logger.setLevel(level)


def canvas(height: float) -> Figure:
    """An empty figure of the page's width, inside `drawing`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")


def as_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """The figure as an `<svg role="img">` with `title` and `description` for who does not see it.

    `name` is of letters and hyphens, and not twice in one page. Inside `drawing`.
    """
    import matplotlib

    matplotlib.rcParams["svg.hashsalt"] = name
    out = io.BytesIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_blank_text=True
    )
    root = etree.fromstring(out.getvalue(), parser)
    # The page has its own style for all pictures; one of a picture's would hold for the whole page.
    etree.strip_elements(root, f"{_SVG}metadata", f"{_SVG}style")
    for element in root.iter(etree.Element):
        _of_the_page(element, name)
    for tag, text in (("desc", description), ("title", title)):
        told = etree.Element(f"{_SVG}{tag}", id=f"{name}-{tag}")
        told.text = text
        root.insert(0, told)
    for attribute in ("width", "height", "version"):
        if attribute in root.attrib:
            del root.attrib[attribute]
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    return etree.tostring(root, encoding="unicode")


def _of_the_page(element: etree._Element, name: str) -> None:
    for attribute, value in ((str(name), str(value)) for name, value in element.attrib.items()):
        if attribute == "id":
            element.set("id", f"{name}-{value}")
        elif attribute == _HREF:
            # HTML's own: the other prefix would have to be declared.
            del element.attrib[_HREF]
            element.set("href", _REFERENCE.sub(rf"\g<1>{name}-", value))
        else:
            value = _REFERENCE.sub(rf"\g<1>{name}-", value) if "url(" in value else value
            value = _FONT.sub("", value)  # the page says which
            element.set(attribute, _COLOUR.sub(lambda found: f"var(--{_VARIABLES[found[0]]})", value))
