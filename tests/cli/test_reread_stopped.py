"""`msarchive reread` that is killed, that finds another at work, or that others' settings could mislead."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.crawl.crawling import clean_environment
from tests.places import Places, content, opened, sound

from .conftest import Run, one_line
from .rereads import Readings, dump, start_reread
from .rereads import readings as readings


def test_hash_seed_and_time_zone_make_no_difference(readings: Readings, tmp_path: Path) -> None:
    for name, seed, zone in (("one", "1", "Pacific/Auckland"), ("two", "77", "America/New_York")):
        archive = Path(shutil.copytree(readings.without_takeaway, tmp_path / name))
        process = start_reread(archive, PYTHONHASHSEED=seed, TZ=zone)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert dump(tmp_path / "one") == dump(tmp_path / "two")


def test_killed_at_any_instant_the_archive_is_whole_and_the_next_one_finishes(
    both: Places, readings: Readings, tmp_path: Path, run: Run
) -> None:
    archive = both.copy(readings.without_takeaway, tmp_path / "archive")
    before, fresh = content(archive), content(readings.well)
    begin = time.monotonic()
    process = start_reread(both.copy(readings.without_takeaway, tmp_path / "timed"))
    process.communicate(timeout=120)
    whole = time.monotonic() - begin
    for share in (0.5, 0.7, 0.8, 0.9, 0.97):
        process = start_reread(archive)
        time.sleep(whole * share)
        process.kill()
        process.communicate()
        assert content(archive) in (before, fresh)
        sound(archive)
    assert run("reread", "--archive", archive, "--site", "sample").code == 0
    assert content(archive) == fresh
    assert not (archive / "rereading").exists()


def test_two_at_once_are_told_apart(both: Places, readings: Readings, tmp_path: Path, run: Run) -> None:
    archive = both.copy(readings.well, tmp_path / "archive")
    with opened(archive):
        told = run("reread", "--archive", archive, "--all")
    assert told.code == 4
    assert "being written to" in one_line(told.err)


def test_no_process_outlives_a_reread_that_is_killed(readings: Readings, tmp_path: Path) -> None:
    # The workers' own command line names the pipe, not us: they are found by their parent.
    archive = Path(shutil.copytree(readings.well, tmp_path / "archive"))
    code = (
        "import sys, crawler.reading_workers as w, crawler.rereading as r\n"
        "from pathlib import Path\nw.FEW = 0\n"
        "if __name__ == '__main__':\n"
        "    o = r.RereadOptions(Path(sys.argv[1]), all=True)\n"
        "    r.reread(o, program_version='1', progress=lambda d, t: input())\n"
    )
    script = tmp_path / "held.py"
    script.write_text(code, "utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), str(archive)], env=clean_environment(PYTHONPATH=str(Path.cwd())),
        stdin=subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    children: list[int] = []
    for _ in range(600):
        children = children_of(process.pid)
        if len(children) >= 2:
            break
        time.sleep(0.05)
    assert children
    time.sleep(1)
    process.kill()
    process.communicate()
    for _ in range(600):
        if not any(alive(child) for child in children):
            break
        time.sleep(0.05)
    assert [child for child in children if alive(child)] == []


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
