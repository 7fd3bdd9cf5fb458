"""Metrics, alert rules and the dashboard, by Prometheus' own promtool."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.exits import ExitCode, UserError
from crawler.metrics import ArchiveMetrics, checked_textfile, exposition, write_textfile
from crawler.samplesite import SampleSite
from crawler.schedule.loop import State
from crawler.schedule.plan import plan
from crawler.schedule.service import ScheduleMetrics
from tests.crawl.crawling import CHECKOUT, clean_environment, start_crawl

from .programs import run, system_program

RULES = CHECKOUT / "deploy" / "prometheus" / "msarchive.rules.yml"
DASHBOARD = CHECKOUT / "deploy" / "grafana" / "msarchive.json"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, crawled with `--metrics-file`."""
    folder = tmp_path_factory.mktemp("measured")
    with SampleSite() as site:
        _crawl(folder, site.base_url)
    return folder


def _crawl(folder: Path, base_url: str) -> int:
    done = subprocess.run(
        [
            sys.executable, "-m", "crawler.cli", "crawl", "--site", "sample", "--start", f"{base_url}/",
            "--archive", str(folder / "archive"), "--metrics-file", str(folder / "m.prom"),
        ],
        cwd=CHECKOUT, env=clean_environment(), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    return done.returncode


def _values(text: str) -> dict[tuple[str, ...], float]:
    """Name, and labels but the archive's, -> value."""
    return {
        (
            sample.name,
            *(value for name, value in sorted(sample.labels.items()) if name != "archive"),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_crawl_leaves_its_metrics_readable_by_everybody(crawled: Path) -> None:
    file = crawled / "m.prom"
    assert file.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in crawled.iterdir()) == ["archive", "m.prom"]
    values = _values(file.read_text())
    assert values[("msarchive_last_exit_code",)] == 0
    assert values[("msarchive_articles", "sample")] == 66
    assert values[("msarchive_runs_total", "complete", "sample")] == 1
    assert values[("msarchive_last_run_result", "sample", "new_articles")] == 66
    assert values[("msarchive_run_in_progress",)] == 0
    end = values[("msarchive_last_run_end_timestamp_seconds", "sample")]
    assert end >= values[("msarchive_last_run_start_timestamp_seconds", "sample")]
    assert values[("msarchive_last_success_timestamp_seconds", "sample")] == pytest.approx(end, abs=1)


def test_promtool_finds_no_fault_with_the_metrics(crawled: Path) -> None:
    told = exposition(
        ArchiveMetrics(crawled / "archive"),
        ScheduleMetrics(crawled / "archive", State(next_at=plan("0 3 * * *", "UTC").after(_now()), begun=1)),
    )
    done = subprocess.run(
        [system_program("promtool"), "check", "metrics"], input=told, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def _now() -> datetime:
    return datetime.now(UTC)


def test_the_rules_are_rules_and_fire_when_they_should() -> None:
    promtool = system_program("promtool")
    checked = run(promtool, "check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = run(promtool, "test", "rules", RULES.with_suffix(".test.yml"), cwd=RULES.parent)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def _dashboard_queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_the_dashboards_queries_are_promql(tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": query} for number, query in enumerate(_dashboard_queries())
    ]
    file = tmp_path / "queries.json"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = run(system_program("promtool"), "check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_and_dashboard_ask_for_nothing_that_is_not_told(crawled: Path) -> None:
    archive = crawled / "archive"
    state = State(next_at=_now())
    told = exposition(ArchiveMetrics(archive), ScheduleMetrics(archive, state)).decode()
    names = {name for name, *_ in _values(told)}
    asked = RULES.read_text() + " ".join(_dashboard_queries())
    expressions = re.findall(r"\bmsarchive_\w+", asked)
    assert set(expressions) <= names
    assert len(set(expressions)) > 12


def test_every_exit_code_that_a_person_should_know_of_has_an_alert() -> None:
    text = RULES.read_text()
    quiet = {ExitCode.OK, ExitCode.BUSY, ExitCode.STOPPED, ExitCode.LIMIT}
    for code in ExitCode:
        told = re.search(rf"msarchive_last_exit_code(\[3d\]\))? == {int(code)}\b", text)
        assert (told is None) == (code in quiet), code


def test_a_crawl_that_can_not_begin_is_told_as_well(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "archive.db").write_bytes(b"no database at all" * 100)
    code = _crawl(tmp_path, "http://127.0.0.1:9")
    assert code == 12
    values = _values((tmp_path / "m.prom").read_text())
    assert values[("msarchive_last_exit_code",)] == 12
    assert values[("msarchive_archive_readable",)] == 0
    assert ("msarchive_articles", "sample") not in values


def test_a_crawl_that_finds_another_at_work_does_not_hide_how_that_ends(tmp_path: Path) -> None:
    with SampleSite() as site:
        other = start_crawl(tmp_path / "archive", site.base_url, delay=1)
        try:
            while not (tmp_path / "archive" / ".lock.json").exists():
                assert other.poll() is None
            assert _crawl(tmp_path, site.base_url) == 4
        finally:
            other.terminate()
            other.communicate(timeout=60)
    values = _values((tmp_path / "m.prom").read_text())
    assert ("msarchive_last_exit_code",) not in values
    assert values[("msarchive_run_in_progress",)] == 1


def test_metrics_that_can_not_be_written_leave_the_file_before_as_it_was(
    crawled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "m.prom"
    file.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_textfile(file, crawled / "archive", 0)
    assert [path.name for path in tmp_path.iterdir()] == ["m.prom"]
    assert file.read_text() == "before"


def test_a_textfile_that_the_node_exporter_would_pass_over_is_refused(tmp_path: Path) -> None:
    assert checked_textfile(tmp_path / "m.prom") == tmp_path / "m.prom"
    with pytest.raises(UserError, match=r"must end in \.prom"):
        checked_textfile(tmp_path / "m.txt")
    with pytest.raises(UserError, match="can't be written"):
        checked_textfile(tmp_path / "none" / "m.prom")
