"""Site profiles: one TOML file a site, and how they are found and loaded."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from spiders.reading.profile import ProfileError, SiteProfile, profile_from

__all__ = ["ProfileError", "load_profile", "profile_names"]

_FOLDER = resources.files("spiders.sites")


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with the package, sorted."""
    return tuple(sorted(entry.name[:-5] for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")))


def load_profile(name_or_file: str) -> SiteProfile:
    """Load a bundled profile by name, or a profile from a TOML file.

    Raises `ProfileError` (one line, naming the file and the key) when there is none or it is not valid.
    """
    return profile_from(_tables(name_or_file, seen=()), where=name_or_file)


def _tables(name_or_file: str, seen: tuple[str, ...]) -> dict[str, Any]:
    """The profile's tables, laid over those of the profile it `extends`."""
    if name_or_file in seen:
        raise ProfileError(f"profile {seen[0]}: 'extends' goes round in a circle")
    try:
        tables = tomllib.loads(_text(name_or_file))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"profile {name_or_file}: not valid TOML: {error}") from None
    base = tables.pop("extends", None)
    if base is None:
        return tables
    if not isinstance(base, str):
        raise ProfileError(f"profile {name_or_file}: 'extends' must be the name of a profile")
    return _merged(_tables(base, (*seen, name_or_file)), tables)


def _text(name_or_file: str) -> str:
    if "/" not in name_or_file and not name_or_file.endswith(".toml"):
        if name_or_file not in profile_names():
            known = ", ".join(profile_names())
            raise ProfileError(f"no profile named {name_or_file!r} (known: {known}; or give a .toml file)")
        return (_FOLDER / f"{name_or_file}.toml").read_text("utf-8")
    try:
        return Path(name_or_file).read_text("utf-8")
    except OSError as error:
        raise ProfileError(f"profile {name_or_file}: {error.strerror or error}") from None


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`: tables key by key, everything else replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both_tables = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(below, value) if both_tables else value  # type: ignore[arg-type]
    return result
