"""`msarchive reread --dask`: the archive is the one that this machine's own processes make."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler import __version__
from crawler.dask_pool import DaskPool
from crawler.exits import ExitCode, UserError
from crawler.importing import import_files
from crawler.rereading import RereadOptions, SiteReread, reread
from spiders.sites import load_profile
from storage.archive import open_archive
from storage.compare import archive_digest
from tests.cli.archives import BASE, save_pages
from tests.cli.conftest import Run, one_line
from tests.cli.conftest import run as run
from tests.cli.rereads import dump
from tests.cluster.cluster import Cluster
from tests.crawl.crawling import CHECKOUT, clean_environment
from tests.places import sound

WEAK = 'extends = "sample"\nname = "sample"\n[parts]\ntakeaway = ["No Page Says This"]\n'
OPENED = """
import sys
def seen(event, arguments):
    if event == "open" and str(arguments[0]).startswith({folder!r}):
        with open({note!r}, "a") as note:
            note.write(f"{{arguments[0]}}\\n")
sys.addaudithook(seen)
"""
Copy = Callable[[], Path]


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose pages were read without their takeaways."""
    folder = tmp_path_factory.mktemp("weak")
    (folder / "weak.toml").write_text(WEAK)
    profile = load_profile(str(folder / "weak.toml")).at(BASE)
    import_files(
        [save_pages(folder / "pages")], directory=folder / "archive", profile=profile, program_version="1"
    )
    return folder / "archive"


@pytest.fixture
def copy(tmp_path: Path, weak: Path) -> Iterator[Copy]:
    made: list[Path] = []

    def copied() -> Path:
        made.append(tmp_path / f"copy{len(made)}")
        shutil.copytree(weak, made[-1])
        return made[-1]

    yield copied
    for archive in made:
        sound(archive)


@pytest.fixture(scope="module")
def expected(weak: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive as one process of this machine leaves it."""
    archive = tmp_path_factory.mktemp("expected") / "archive"
    shutil.copytree(weak, archive)
    assert again(archive, workers=1).run_id is not None
    return archive


@pytest.fixture
def many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two captures a task, so that a small archive keeps a cluster busy for a while."""
    monkeypatch.setattr("crawler.reading_source.CHUNK", 2)


def again(
    archive: Path, progress: Callable[[int, int], None] = lambda done, total: None, **options: object
) -> SiteReread:
    (result,) = reread(
        RereadOptions(archive, site="sample", **options),  # type: ignore[arg-type]
        program_version=__version__,
        progress=progress,
    )
    return result


def same(archive: Path, other: Path) -> None:
    with open_archive(archive, read_only=True) as one, open_archive(other, read_only=True) as two:
        assert archive_digest(one) == archive_digest(two)
    assert dump(archive) == dump(other)


def test_a_cluster_makes_the_archive_that_one_process_makes_and_that_several_make(
    cluster: Cluster, copy: Copy, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = copy()
    monkeypatch.setattr("crawler.reading_workers.FEW", 0)
    assert again(together, workers=2).run_id is not None
    same(together, expected)
    on_cluster = copy()
    assert again(on_cluster, dask=cluster.address).run_id is not None
    same(on_cluster, expected)


def test_the_command_says_what_it_says_without_a_cluster(
    cluster: Cluster, copy: Copy, expected: Path, run: Run
) -> None:
    archive = copy()
    told = run("reread", "--archive", archive, "--site", "sample", "--dask", cluster.address)
    assert (told.code, told.err) == (0, "")
    assert "66 captures read again" in told.out
    same(archive, expected)
    more = run("reread", "--archive", archive, "--site", "sample", "--dask", cluster.address)
    assert (more.code, more.err) == (0, "")
    assert "nothing to do" in more.out


def test_workers_need_no_sight_of_the_archive(
    own_workers: Cluster, copy: Copy, expected: Path, tmp_path: Path
) -> None:
    archive, note = copy(), tmp_path / "opened"
    watch = tmp_path / "watch.py"
    watch.write_text(OPENED.format(folder=str(archive), note=str(note)))
    cluster = own_workers
    cluster.start(preload=watch)
    assert again(archive, dask=cluster.address).run_id is not None
    assert not note.exists(), note.read_text()
    same(archive, expected)


def test_a_damaged_record_is_told_and_its_article_stays(cluster: Cluster, copy: Copy, expected: Path) -> None:
    archives = [copy(), copy()]
    for archive in archives:
        (warc,) = (archive / "captures").glob("*.warc.gz")
        data = bytearray(warc.read_bytes())
        data[len(data) // 2] ^= 0xFF
        warc.write_bytes(data)
    here, there = again(archives[0], workers=1), again(archives[1], dask=cluster.address)
    assert here.damaged
    assert there.damaged == here.damaged
    same(archives[1], archives[0])


def test_what_a_killed_worker_had_to_do_is_done_by_another(
    own_workers: Cluster, copy: Copy, expected: Path, many_tasks: None
) -> None:
    archive, cluster = copy(), own_workers
    first, second = cluster.start(2)
    cluster.ready(2)
    heard: list[int] = []

    def stopping(done: int, total: int) -> None:
        heard.append(done)
        if len(heard) == 4:
            first.send_signal(signal.SIGSTOP)  # what it has by now, and is given from here on, it never does

    with cluster.killed_when_stuck(first, heard):
        assert again(archive, stopping, dask=cluster.address).run_id is not None
    assert second.poll() is None
    same(archive, expected)


def test_a_worker_that_comes_later_helps(
    own_workers: Cluster, copy: Copy, expected: Path, many_tasks: None
) -> None:
    archive, cluster = copy(), own_workers
    first = cluster.start(1)

    def replaced(done: int, total: int) -> None:
        if done == 3:
            cluster.kill_workers()
            cluster.start(1)

    assert again(archive, replaced, dask=cluster.address).run_id is not None
    assert first[0].poll() == -signal.SIGKILL
    same(archive, expected)


def test_without_any_worker_left_it_ends_after_the_time_that_was_set_and_can_be_gone_on_with(
    own_workers: Cluster, copy: Copy, expected: Path, many_tasks: None
) -> None:
    archive, cluster = copy(), own_workers
    cluster.start(1)
    cluster.ready(1)
    before, begin = dump(archive), time.monotonic()

    def lost(done: int, total: int) -> None:
        if done == 10:
            cluster.kill_workers()

    with pytest.raises(UserError, match=r"has had no worker for 2 s") as ended:
        again(archive, lost, dask=cluster.address, dask_wait=2)
    assert ended.value.code == ExitCode.NO_CONNECTION
    assert time.monotonic() - begin > 2
    assert dump(archive) == before
    assert again(archive, workers=1).run_id is not None
    same(archive, expected)


def test_a_scheduler_that_ends_on_the_way(copy: Copy, many_tasks: None, tmp_path: Path) -> None:
    archive, cluster = copy(), Cluster(tmp_path / "cluster")
    before = dump(archive)

    def lost(done: int, total: int) -> None:
        if done == 10:
            cluster.stop()

    try:
        cluster.start()
        cluster.ready(1)
        with pytest.raises(UserError, match=cluster.address) as ended:
            again(archive, lost, dask=cluster.address, dask_wait=2)
    finally:
        cluster.stop()
    assert ended.value.code == ExitCode.NO_CONNECTION
    assert dump(archive) == before


def test_a_scheduler_without_workers(own_workers: Cluster, copy: Copy, run: Run) -> None:
    cluster = own_workers
    told = run(
        "reread", "--archive", copy(), "--site", "sample", "--dask", cluster.address, "--dask-wait", "1"
    )
    assert (told.code, told.out) == (10, "")
    assert "has had no worker for 1 s" in one_line(told.err)


def test_nobody_at_the_address(copy: Copy, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    told = run("reread", "--archive", copy(), "--dask", f"tcp://127.0.0.1:{port}", "--dask-wait", "1")
    assert (told.code, told.out) == (2, "")
    assert f"no Dask scheduler answers at tcp://127.0.0.1:{port}" in one_line(told.err)


@pytest.mark.parametrize("address", ["10.0.0.5:8786", "tcp://", "http://127.0.0.1:8786", "tcp://127.0.0.1"])
def test_an_address_that_is_none(copy: Copy, run: Run, address: str) -> None:
    told = run("reread", "--archive", copy(), "--dask", address)
    assert told.code == 2
    assert repr(address) in one_line(told.err)


def test_workers_with_another_reader_are_refused_also_when_they_come_later(
    own_workers: Cluster, copy: Copy, run: Run, tmp_path: Path
) -> None:
    for package in ("crawler", "spiders", "pipelines", "storage"):
        shutil.copytree(CHECKOUT / package, tmp_path / "theirs" / package)
    model = tmp_path / "theirs" / "spiders" / "reading" / "model.py"
    text = model.read_text()
    model.write_text(text.replace('READER_VERSION = "', 'READER_VERSION = "of-theirs-'))
    assert model.read_text() != text
    own_workers.start()
    with DaskPool(own_workers.address, 30) as pool:
        assert pool.run(divmod, 7, 2).result() == (3, 1)
        own_workers.kill_workers()
        own_workers.start(path=tmp_path / "theirs")
        with pytest.raises(UserError, match=r"has reader of-theirs-.*this program has reader ") as refused:
            pool.run(divmod, 7, 2).result()
    assert refused.value.code == ExitCode.USAGE
    told = run("reread", "--archive", copy(), "--site", "sample", "--dask", own_workers.address)
    assert (told.code, told.out) == (2, "")
    line = one_line(told.err)
    assert "has reader of-theirs-" in line
    assert "this program has reader " in line


def test_workers_without_the_program_are_named_as_such(
    own_workers: Cluster, copy: Copy, run: Run, tmp_path: Path
) -> None:
    none = tmp_path / "none.py"
    none.write_text("import sys\nsys.modules['crawler'] = None\n")
    cluster = own_workers
    cluster.start(preload=none)
    told = run("reread", "--archive", copy(), "--site", "sample", "--dask", cluster.address)
    assert (told.code, told.out) == (2, "")
    assert "can't load this program" in one_line(told.err)


def test_what_a_task_raises_comes_back(cluster: Cluster) -> None:
    with DaskPool(cluster.address, 30) as pool, pytest.raises(ZeroDivisionError):
        pool.run(divmod, 1, 0).result()


def test_without_the_extra_one_line_names_it(copy: Copy) -> None:
    code = (
        "import sys\nsys.modules['distributed'] = None\nfrom crawler.cli import main\n"
        f"main(['reread', '--archive', {str(copy())!r}, '--dask', 'tcp://127.0.0.1:8786'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(), cwd=CHECKOUT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'msarchive[dask]'" in one_line(done.stderr)


def test_nothing_of_it_is_loaded_unless_asked_for(copy: Copy) -> None:
    code = (
        "import sys\nfrom crawler.rereading import RereadOptions, reread\nfrom pathlib import Path\n"
        "reread(RereadOptions(Path(sys.argv[1]), site='sample'), program_version='1')\n"
        "print(sorted({'dask', 'distributed', 'fsspec', 'tornado'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(copy())], env=clean_environment(), cwd=CHECKOUT, timeout=60,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
