from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import main
from tests.places import database_of


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command line in this process, in an empty folder, piped; of an archive that tests/places.py has in
    a database it is told so by the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("MSARCHIVE_DIR", "MSARCHIVE_DATABASE", "MSARCHIVE_CONTACT", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MSARCHIVE_ALLOW_PRIVATE", "127.0.0.1")  # where tests' servers are

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        words = [str(argument) for argument in arguments]
        url = database_of(_folder(words))
        with pytest.raises(SystemExit) as ended, pytest.MonkeyPatch.context() as patch:
            if url is not None and "--database" not in words:
                patch.setenv("MSARCHIVE_DATABASE", url)
            main(words)
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run


def _folder(words: list[str]) -> Path:
    """The folder of the archive that a command line means."""
    if "--archive" in words:
        return Path(words[words.index("--archive") + 1])
    return Path(os.environ.get("MSARCHIVE_DIR", "archive"))


def ask(monkeypatch: pytest.MonkeyPatch, directory: Path, url: str | None) -> None:
    """Let all commands ask the archive of a folder, or (unless `url` is None) its copy in a database."""
    monkeypatch.setenv("MSARCHIVE_DIR", str(directory))
    if url is not None:
        monkeypatch.setenv("MSARCHIVE_DATABASE", url)


def one_line(text: str) -> str:
    """The only line of what was said on stderr."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]
