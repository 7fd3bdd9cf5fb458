"""The project deploys to a real scrapyd with scrapyd-client, is scheduled over its API, and ends right."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.samplesite import SampleSite
from crawler.schedule.command import crawl_to_schedule
from crawler.schedule.files import Deployment, deployment_files
from crawler.schedule.plan import duration, plan
from tests.crawl.crawling import ask, clean_environment
from tests.crawl.scripted import ScriptedSite, robots

from .programs import CHECKOUT, program

_PARTS = (
    "crawler",
    "spiders",
    "pipelines",
    "storage",
    "pyproject.toml",
    "setup.py",
    "scrapy.cfg",
    "README.md",
    "LICENSE",
)
_CONF = """
[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
eggs_dir = eggs
logs_dir = logs
dbs_dir = dbs
poll_interval = 0.2
"""


@dataclass(frozen=True)
class Scrapyd:
    """A scrapyd at work, with the project deployed."""

    url: str
    folder: Path
    checkout: Path

    def ask(self, action: str, **query: str) -> dict[str, Any]:
        return self._open(f"{self.url}{action}.json?{urllib.parse.urlencode(query)}", None)

    def schedule(self, posted: str) -> str:
        """Schedule a job by what curl's -d options say; its log, when it has ended."""
        told = self._open(f"{self.url}schedule.json", posted.encode())
        assert told["status"] == "ok", told
        job = told["jobid"]
        for _ in range(600):
            if any(one["id"] == job for one in self.ask("listjobs", project="msarchive")["finished"]):
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the job does not end")
        return (self.folder / "logs" / "msarchive" / "summaries" / f"{job}.log").read_text("utf-8")

    def _open(self, url: str, data: bytes | None) -> dict[str, Any]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, data, timeout=60) as response:
            told: dict[str, Any] = json.loads(response.read())
            return told


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    folder = tmp_path_factory.mktemp("scrapyd")
    server_program, deploy = program("scrapyd", "scrapyd"), program("scrapyd", "scrapyd-deploy")
    checkout = folder / "checkout"
    checkout.mkdir()
    for part in _PARTS:
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, checkout / part)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "scrapyd.conf").write_text(_CONF.format(port=port))
    environment = clean_environment()
    environment.pop("PYTHONPATH", None)
    with (folder / "scrapyd.log").open("w") as log:
        server = subprocess.Popen([server_program], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(300):
                assert server.poll() is None, "scrapyd ended"
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            url = f"http://127.0.0.1:{port}/"
            files = _files(folder)
            (checkout / "scrapy.cfg").write_text(files["scrapy.cfg"].replace("http://127.0.0.1:6800/", url))
            done = subprocess.run(
                [deploy, "local"], cwd=checkout, env=environment, capture_output=True, text=True, timeout=300,
                check=False,
            )  # fmt: skip
            assert '"status": "ok"' in done.stdout, done.stdout + done.stderr
            yield Scrapyd(url, folder, checkout)
        finally:
            server.terminate()
            server.wait(timeout=60)


def _files(folder: Path, *options: str) -> dict[str, str]:
    """What `msarchive schedule --print scrapyd` prints."""
    (folder / "archive").mkdir(exist_ok=True)
    given = ("crawl", "--site", "sample", "--archive", str(folder / "archive"), *options)
    return deployment_files(
        "scrapyd", Deployment(plan("0 3 * * *", "UTC"), duration("0"), crawl_to_schedule(given))
    )


def _posted(crontab: str) -> str:
    """What the printed crontab's curl would send."""
    line = crontab.splitlines()[-1].replace(r"\%", "%")
    words = shlex.split(line)
    return "&".join(words[at + 1] for at, word in enumerate(words) if word == "-d")


def test_what_is_deployed_is_the_program_and_nothing_else(scrapyd: Scrapyd) -> None:
    assert scrapyd.ask("listspiders", project="msarchive")["spiders"] == ["summaries"]
    (egg,) = (scrapyd.folder / "eggs" / "msarchive").glob("*.egg")
    names = zipfile.ZipFile(egg).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"crawler", "spiders", "pipelines", "storage", "EGG-INFO"}
    assert "spiders/sites/mymsbuddy.toml" in names


def test_a_crawl_that_is_scheduled_over_the_api_fills_the_archive(scrapyd: Scrapyd, tmp_path: Path) -> None:
    metrics = tmp_path / "m.prom"
    with SampleSite() as site:
        files = _files(
            tmp_path, "--start", f"{site.base_url}/", "--start", f"{site.base_url}/news", "--metrics-file",
            str(metrics), "--log-format", "json", "--contact", "a b%+&=@example.org",
        )  # fmt: skip
        log = scrapyd.schedule(_posted(files["msarchive.cron"]))
    ended = [json.loads(line) for line in log.splitlines()][-1]
    assert (ended["event"], ended["exit_code"]) == ("run.ended", 0)
    archive = tmp_path / "archive"
    assert ask(archive, "SELECT outcome, exit_code FROM runs") == [("complete", 0)]
    assert ask(archive, "SELECT count(*) FROM articles") == [(66,)]
    assert "a b%+&=@example.org" in ask(archive, "SELECT settings FROM runs")[0][0]
    assert "msarchive_last_exit_code" in metrics.read_text()


def test_a_run_that_failed_is_finished_to_scrapyd_and_failed_to_the_archive(
    scrapyd: Scrapyd, tmp_path: Path
) -> None:
    with ScriptedSite({"/robots.txt": robots("Disallow: /")}) as site:
        scrapyd.schedule(_posted(_files(tmp_path, "--start", f"{site.base_url}/")["msarchive.cron"]))
        assert site.paths == ["/robots.txt"]
    assert ask(tmp_path / "archive", "SELECT outcome, exit_code FROM runs") == [("failed", 8)]


def test_an_archive_of_an_earlier_version_is_brought_up_to_date_from_within_the_egg(
    scrapyd: Scrapyd, tmp_path: Path
) -> None:
    (egg,) = (scrapyd.folder / "eggs" / "msarchive").glob("*.egg")
    script = """
import sys, sqlalchemy
from storage.migrations.upgrade import FOLDER, upgrade
assert ".egg" in str(FOLDER) and not FOLDER.is_dir()
with sqlalchemy.create_engine("sqlite://").begin() as connection:
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    upgrade(connection)
    print(connection.exec_driver_sql("SELECT count(*) FROM run").scalar())
"""
    python = program("scrapyd", "python")
    done = subprocess.run(
        [python, "-c", script], cwd=tmp_path, env=clean_environment(PYTHONPATH=str(egg)), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "0\n", done.stderr
