"""Start-up refuses to run a mixture of two programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.shadowing import PACKAGES, shadowed


def test_packages_beside_each_other_are_fine() -> None:
    assert shadowed() is None


@pytest.mark.parametrize("name", [name for name in PACKAGES if name != "crawler"])
@pytest.mark.parametrize("form", ["package", "module", "namespace"])
def test_somebody_elses_package_is_refused(tmp_path: Path, name: str, form: str) -> None:
    if form == "module":
        (tmp_path / f"{name}.py").write_text("")
    else:
        (tmp_path / name).mkdir()
    if form == "package":
        (tmp_path / name / "__init__.py").write_text("")
    # A namespace package never hides a real one: our own is still found, and nothing is wrong.
    expected = 0 if form == "namespace" else 2
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "--version"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), _home()))},
    )  # fmt: skip
    assert done.returncode == expected, done.stderr
    if expected:
        assert len(done.stderr.splitlines()) == 1
        assert f"the package {name!r} comes from {tmp_path}" in done.stderr


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "reinstall" in str(shadowed())


def test_an_installed_copy_that_hides_the_checkout_is_refused(tmp_path: Path) -> None:
    assert shadowed(Path(_home())) is None
    assert shadowed(tmp_path) is None
    (tmp_path / "crawler").mkdir()
    (tmp_path / "crawler" / "__init__.py").write_text("")
    assert f"hides the checkout in {tmp_path}" in str(shadowed(tmp_path))


def _home() -> str:
    import crawler

    return str(Path(str(crawler.__file__)).parents[1])
