"""Our four packages have everyday names: refuse to start when one of them is somebody else's.

Python takes the first `spiders` on its path, whoever's that is; and Scrapy appends the checkout to the path,
so that an installed copy goes before it. Either would run a mixture of two programs on an archive.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

PACKAGES = ("crawler", "spiders", "pipelines", "storage")


def shadowed(checkout: Path | None = None) -> str | None:
    """Why the packages do not belong together, as one line; None when all is well.

    All four must be folders beside each other. With `checkout`, a folder with a `crawler` package in it, they
    must be those of the checkout. Imports nothing.
    """
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        folder = _folder(name)
        if folder is None:
            return f"the package {name!r} is missing beside {home / 'crawler'}; reinstall msarchive"
        if folder != home / name:
            return (
                f"the package {name!r} comes from {folder}, not from {home}: something else uses that name; "
                "install msarchive into a virtual environment of its own"
            )
    if checkout is not None and (checkout / "crawler" / "__init__.py").is_file():
        expected = checkout.resolve()
        if expected != home:
            return (
                f"the copy of msarchive installed in {home} hides the checkout in {expected}; "
                "uninstall it, or install the checkout with 'pip install -e .'"
            )
    return None


def _folder(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # ValueError: a module without a spec was put into sys.modules
        return None
    if spec is None:
        return None
    if spec.origin is not None:
        # A module spiders.py is as much in the way as a package: its own path is what the message names.
        origin = Path(spec.origin).resolve()
        return origin.parent if origin.name == "__init__.py" else origin
    locations = list(spec.submodule_search_locations or ())
    return Path(locations[0]).resolve() if locations else None
