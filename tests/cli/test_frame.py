"""The command line's frame: help, versions, errors, pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.cli import COMMANDS, cli
from crawler.cli.errors import as_user_error
from crawler.exits import ExitCode, UserError

from .conftest import Run, one_line


def imported_by(*arguments: str, of: tuple[str, ...]) -> tuple[str, str]:
    """What a command prints, and which modules of `of` it has imported at its end."""
    program = (
        "import sys\n"
        "from crawler.cli import main\n"
        f"try:\n    main({list(arguments)!r})\n"
        f"finally:\n    print(*(name for name in {of!r} if name in sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr.strip()


def test_help_imports_nothing_heavy() -> None:
    out, imported = imported_by("--help", of=("scrapy", "sqlalchemy", "lxml", "rich", "twisted"))
    assert imported == ""
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    assert f"  msarchive {name}" in ran.out
    assert "--json" in ran.out or name in (
        "browse",
        "sites",
    )  # one answers with pages, one's commands have it


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_imports_no_database_and_no_crawler(name: str) -> None:
    assert imported_by(name, "--help", of=("scrapy", "sqlalchemy", "lxml"))[1] == ""


def test_version(run: Run) -> None:
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.startswith("msarchive ")


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    ran = run()
    assert ran.code == ExitCode.USAGE
    assert ran.out.startswith("Usage: msarchive")
    assert ran.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("list", "--nonsense"),
        ("list", "--limit", "many"),
        ("list", "--limit", "0"),
        ("show",),
        ("import",),
        ("import", "--site", "nowhere", "x.html"),
        ("inspect", "--site", "missing.toml", "x.html"),
        ("inspect", "ftp://example.org/x"),
        ("inspect", "https://mymsbuddy.com/news/view/a-title-aB3dE6"),
    ],
)
def test_a_wrong_command_line_gives_one_line_and_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == ExitCode.USAGE
    assert one_line(ran.err).startswith("msarchive: ")
    assert ran.out == ""


@pytest.mark.parametrize("arguments", [("list",), ("show", "aB3dE6"), ("search", "iron"), ("status",)])
def test_without_an_archive_each_command_says_so_in_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == ExitCode.USAGE
    assert "no archive in archive" in one_line(ran.err)
    assert not Path("archive").exists()


def test_a_file_that_is_no_database_is_called_damaged(run: Run) -> None:
    Path("archive").mkdir()
    Path("archive/archive.db").write_text("not a database, but long enough to have a header of its own")
    ran = run("status")
    assert ran.code == ExitCode.DAMAGED
    one_line(ran.err)


def test_an_unexpected_error_is_one_line_and_with_debug_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the first line\nthe second")

    monkeypatch.setattr("crawler.cli.status.open_to_read", broken)
    ran = run("status")
    assert ran.code == ExitCode.ERROR
    assert "unexpected RuntimeError: the first line " in one_line(ran.err)
    with pytest.raises(RuntimeError):
        cli.main(["--debug", "status"], standalone_mode=False)


def test_ctrl_c_is_told_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crawler.cli.status.open_to_read", interrupted)
    ran = run("status")
    assert ran.code == ExitCode.STOPPED
    assert one_line(ran.err.strip()) == "msarchive: stopped"


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device", "x"), PermissionError(13, "denied", "x")]
)
def test_a_full_or_forbidden_disk_is_storage(error: OSError) -> None:
    told = as_user_error(error)
    assert told is not None
    assert told.code is ExitCode.STORAGE
    assert "x" in str(told)


def test_a_bug_is_nobody_elses_error() -> None:
    assert as_user_error(ValueError("no")) is None
    assert as_user_error(FileNotFoundError(2, "no such file")) is None
    error = UserError("mine", ExitCode.LIMIT)
    assert as_user_error(error) is error


def test_a_reader_that_leaves_early_is_no_error() -> None:
    # More than a pipe's buffer holds, so that the writer is still at it when the reader has gone.
    program = (
        "import sys\n"
        "from crawler.cli import main\n"
        "import crawler.cli.inspect_ as i\n"
        "i.load_site = lambda site: print(*('x' * 1000 for _ in range(1000)), sep='\\n')\n"
        "main(['inspect', 'missing.html'])\n"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{sys.executable} -c \"$PROGRAM\" | head -n 1"],
        capture_output=True, text=True, check=False, env={**os.environ, "PROGRAM": program},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_what_the_terminal_cannot_encode_is_escaped(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("A title with ✓ and ‑\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "inspect", str(page)],
        capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"\\u2713" in done.stdout


@pytest.mark.parametrize(("redirection", "code"), [("> /dev/full", ExitCode.STORAGE), (">&-", ExitCode.OK)])
def test_output_that_cannot_be_written(redirection: str, code: ExitCode) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m crawler.cli --help {redirection}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == (1 if code else 0), done.stderr
