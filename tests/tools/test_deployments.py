"""The files that `msarchive schedule --print` prints, by the programs that are to take them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.exits import UserError
from crawler.samplesite import SampleSite
from crawler.schedule.calendar import on_calendar
from crawler.schedule.command import CrawlCommand, crawl_to_schedule
from crawler.schedule.files import Deployment, deployment_files
from crawler.schedule.plan import duration, plan
from tests.crawl.crawling import CHECKOUT, ask, clean_environment

from .programs import program, run, system_program

_HIGHEST_EXPOSURE = 1.6
"""Of 10, by `systemd-analyze security`. The network that a crawler needs costs 0.8 of it; that a test's
archive is in /tmp, and its Python may be in somebody's home, 0.3."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder that belongs to somebody else than root, with a name that needs quoting everywhere."""
    folder = tmp_path / "an 'archive' with 100% $HOME"
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "www-data", "www-data")
    return folder


def _crawl(archive: Path, *options: str) -> CrawlCommand:
    return crawl_to_schedule(("crawl", "--archive", str(archive), "--contact", "me@example.org", *options))


def _files(
    kind: str, crawl: CrawlCommand, *, cron: str = "30 2 * * *", jitter: str = "30m"
) -> dict[str, str]:
    return deployment_files(kind, Deployment(plan(cron, "Europe/Berlin"), duration(jitter), crawl))


def _units(folder: Path, crawl: CrawlCommand) -> Path:
    folder.mkdir()
    for name, text in _files("systemd", crawl).items():
        (folder / name).write_text(text)
    return folder / "msarchive.service"


def test_systemd_finds_no_fault_with_the_units(archive: Path, tmp_path: Path) -> None:
    service = _units(tmp_path / "units", _crawl(archive, "--metrics-file", str(tmp_path / "m.prom")))
    done = run(system_program("systemd-analyze"), "verify", service, service.with_suffix(".timer"))
    # Broken units of the machine's own would be named too.
    ours = [line for line in done.stderr.splitlines() if "msarchive" in line]
    assert ours == []


def test_a_fault_in_a_unit_would_be_found(archive: Path, tmp_path: Path) -> None:
    service = _units(tmp_path / "units", _crawl(archive))
    service.write_text(service.read_text().replace("Type=oneshot", "Type=onceshot"))
    done = run(system_program("systemd-analyze"), "verify", service)
    assert "msarchive.service" in done.stderr


def test_the_service_is_exposed_to_little(archive: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make an archive that belongs to somebody else")
    service = _units(tmp_path / "units", _crawl(archive))
    done = run(system_program("systemd-analyze"), "security", "--offline=true", "--no-pager", service)
    exposure = re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout)
    assert exposure is not None, done.stdout + done.stderr
    assert float(exposure[1]) <= _HIGHEST_EXPOSURE, done.stdout


def test_the_service_runs_as_the_archives_owner_and_may_write_where_it_must(
    archive: Path, tmp_path: Path
) -> None:
    text = _files("systemd", _crawl(archive, "--metrics-file", str(tmp_path / "m.prom")))["msarchive.service"]
    assert f"User={archive.owner()}\n" in text
    escaped = str(archive).replace("%", "%%").replace("$", "$$")
    assert f'ReadWritePaths="{escaped}" "{tmp_path}"\n' in text
    assert "SuccessExitStatus=3 4 5 6\n" in text
    assert "PrivateTmp=no\n" in text, "the archive is in /tmp"


@pytest.mark.parametrize(
    "expression",
    [
        "30 2 * * *",
        "*/15 * * * *",
        "0 3 * * 1-5",
        "0 3 1,15 * *",
        "0 4 13 * 5",
        "5 0 * 2,8 0",
        "0 */6 * * 7",
        "59 23 31 12 *",
    ],
)
def test_systemd_and_cron_mean_the_same_times(expression: str) -> None:
    made = plan(expression, "Europe/Berlin")
    begin = datetime(2026, 10, 27, 12, tzinfo=UTC)  # until the next change of the clocks
    ours, moment = [], begin
    for _ in range(12):
        moment = made.after(moment)
        ours.append(moment)
    theirs = sorted({one for spec in on_calendar(made) for one in _elapses(spec, begin)})[:12]
    assert theirs == ours


def _elapses(spec: str, begin: datetime) -> list[datetime]:
    done = subprocess.run(
        [system_program("systemd-analyze"), "calendar", "--iterations=13", spec,
         f"--base-time={begin:%Y-%m-%d %H:%M:%S} UTC"],
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ (\S+ \S+) UTC", done.stdout)
    return [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in found]


@pytest.mark.parametrize("expression", ["0 3 L * *", "0 3 * * 5#2", "0 3 * * 5L", "0 3 LW * *"])
def test_what_systemd_can_not_say_is_refused(expression: str) -> None:
    with pytest.raises(UserError, match="let 'msarchive schedule' run it"):
        on_calendar(plan(expression, "UTC"))


def test_no_files_are_made_for_an_archive_that_nobody_has_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        _files("systemd", _crawl(tmp_path / "none"))


def test_the_crontabs_command_crawls(tmp_path: Path, archive: Path) -> None:
    with SampleSite() as site:
        crawl = crawl_to_schedule(
            ("crawl", "--archive", str(archive), "--site", "sample", "--start", f"{site.base_url}/")
        )
        line = _files("cron", crawl, jitter="0")["msarchive.cron"].splitlines()[-1]
        fields = line.split(" ", 6)
        assert fields[:5] == ["30", "2", "*", "*", "*"]
        assert fields[5] == archive.owner()
        command = fields[6].replace(r"\%", "%").removesuffix(" | logger -t msarchive")
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=clean_environment(), capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert ask(archive, "SELECT count(*) FROM articles") == [(66,)]


def test_a_percent_sign_ends_no_crontab_line(archive: Path) -> None:
    line = _files("cron", _crawl(archive))["msarchive.cron"].splitlines()[-1]
    assert re.findall(r"(?<!\\)%", line) == []
    assert line.endswith(" 2>&1 | logger -t msarchive")


def test_kubernetes_own_schemas_take_the_manifest(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "msarchive.yaml"
    file.write_text(_files("kubernetes", _crawl(archive, "--delay", "5"))["msarchive.yaml"])
    done = run(program("deploy", "kubernetes-validate"), "--strict", "-k", "1.32", file)
    assert done.returncode == 0, done.stdout + done.stderr
    script = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))"
    claim, job = json.loads(run(program("deploy", "python"), "-c", script, file).stdout)
    assert claim["kind"] == "PersistentVolumeClaim"
    spec = job["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("30 2 * * *", "Europe/Berlin")
    assert spec["concurrencyPolicy"] == "Forbid"
    (container,) = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    first, *options = container["args"]
    assert first == "crawl"
    assert dict(zip(options[::2], options[1::2], strict=True)) == {
        "--archive": "/archive", "--contact": "me@example.org", "--delay": "5",
    }  # fmt: skip


def test_a_fault_in_the_manifest_would_be_found(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "msarchive.yaml"
    text = _files("kubernetes", _crawl(archive))["msarchive.yaml"]
    file.write_text(text.replace("concurrencyPolicy", "concurencyPolicy"))
    assert run(program("deploy", "kubernetes-validate"), "--strict", "-k", "1.32", file).returncode != 0


def test_a_profile_of_ones_own_is_not_in_the_image(archive: Path, tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('extends = "mymsbuddy"\nname = "mine"\n')
    with pytest.raises(UserError, match="is not in the image"):
        _files("kubernetes", _crawl(archive, "--site", str(profile)))


def test_relative_paths_become_absolute(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (archive / "mine.toml").write_text('extends = "mymsbuddy"\nname = "mine"\n')
    monkeypatch.chdir(archive)
    monkeypatch.setenv("MSARCHIVE_CONTACT", "them@example.org")
    crawl = crawl_to_schedule(("crawl", "--archive", ".", "--site", "mine.toml"))
    assert crawl.whole == (
        "crawl", "--archive", str(archive), "--site", str(archive / "mine.toml"), "--contact",
        "them@example.org",
    )  # fmt: skip
    assert crawl.files == (archive / "mine.toml",)


def test_the_container_holds_what_the_checkout_has() -> None:
    parse = "dockerfile_parse.DockerfileParser(fileobj=open(sys.argv[1], 'rb')).structure"
    script = f"import json, sys, dockerfile_parse; print(json.dumps({parse}))"
    done = run(program("deploy", "python"), "-c", script, CHECKOUT / "deploy" / "Containerfile")
    steps = json.loads(done.stdout)
    for step in steps:
        if step["instruction"] == "COPY" and not step["value"].startswith("--from"):
            for source in step["value"].split()[:-1]:
                assert (CHECKOUT / source).exists(), source
    told = {step["instruction"]: step["value"] for step in steps}
    assert told["ENTRYPOINT"] == '["msarchive"]'
    assert told["USER"] == "10001:10001"


def test_jitter_is_handed_on(archive: Path) -> None:
    crawl = _crawl(archive)
    assert timedelta(minutes=30) == duration("30m")
    assert "RandomizedDelaySec=1800\n" in _files("systemd", crawl)["msarchive.timer"]
    assert "sleep $(shuf -i 0-1800 -n 1); " in _files("cron", crawl)["msarchive.cron"]
    assert "random.uniform(0, 1800)" in _files("kubernetes", crawl)["msarchive.yaml"]
