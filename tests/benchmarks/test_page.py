"""docs/performance.md is made of the figures that were measured, and says of each aim whether it is met."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import measurements
from benchmarks.__main__ import main
from benchmarks.durations import plan_lines, spoken
from benchmarks.measure import BrokenRun, Figure, Samples, absolute, figure_of
from benchmarks.measurements import MEASUREMENTS, Extent, Measured
from benchmarks.page import Result, keep, page, results

CHECKOUT = Path(__file__).parents[2]
MACHINE = {
    "processor": "Abacus", "cores": 2, "memory_gb": 4, "system": "Linux 6", "load": 0.1, "python": "CPython",
    "sqlite": "3.40.1", "msarchive": "0.1.0", "scrapy": None, "twisted": None, "uvloop": None, "parsel": None,
    "lxml": None, "sqlalchemy": None,
}  # fmt: skip
SLOW = Figure("pages | all", "a peer", "CPU time", Samples((3.0, 3.2)), Samples((1.0, 1.0)), 2.0)
FAST = replace(SLOW, ours=Samples((0.5, 0.4)), aim=2.0, at_least=True)
LARGE = absolute("an export", "peak memory", "MB", [220, 250, 230], 200, "it holds a page of everything")


def result(name: str, *figures: Figure, began: str = "2026-11-30T13:00:00Z") -> Result:
    command = f".venv/bin/python -m benchmarks --only {name}"
    return Result(name, began, MACHINE, 5, command, Measured(["on made pages"], list(figures)))


def test_the_page_in_docs_is_what_the_figures_beside_it_come_to() -> None:
    assert (CHECKOUT / "docs/performance.md").read_text("utf-8") == page(results())


def test_measuring_one_thing_anew_leaves_the_sections_of_the_others_as_they_were(tmp_path: Path) -> None:
    keep(result("reading", SLOW), tmp_path)
    keep(result("startup", LARGE), tmp_path)
    before = (tmp_path / "docs/performance.md").read_text("utf-8")
    keep(result("startup", replace(LARGE, aim=300), began="2026-12-24T06:30:00Z"), tmp_path)
    after = (tmp_path / "docs/performance.md").read_text("utf-8")

    def reading(text: str) -> str:
        return text.partition("## Reading pages")[2].partition("\n## ")[0]

    assert reading(before) == reading(after)
    assert "Measured 2026-11-30 13:00 UTC, 5 runs" in reading(after)
    assert "Measured 2026-12-24 06:30 UTC, 5 runs" in after
    assert "on 2 cores (Abacus), 4 GB, Linux 6, load 0.1" in after
    assert "- Crawling on loopback" in after.partition("## Not measured yet")[2]


def test_each_aim_is_told_as_met_or_by_how_much_it_is_missed_and_why(tmp_path: Path) -> None:
    keep(result("reading", SLOW, FAST, LARGE, replace(LARGE, aim=None)), tmp_path)
    aims = (tmp_path / "docs/performance.md").read_text("utf-8").partition("## Aims")[2].partition("\n## ")[0]
    assert "1 of 3 aims are met." in aims
    link = "[Reading pages, on one core](#reading-pages-on-one-core)"
    pages = f"| {link}: pages \\| all, CPU time | a peer"
    assert f"{pages} | 3.10 times the limit | at most 2 | **MISSED by 55 %** |" in aims
    assert f"{pages} | 2.25 times as good | at least 2 | met |" in aims
    assert f"| {link}: an export, peak memory |  | 230 MB | at most 200 MB | **MISSED by 15 %** |" in aims
    assert "- an export, peak memory: it holds a page of everything" in aims


def test_what_was_measured_at_several_sizes_is_one_row_that_says_how_it_grows(tmp_path: Path) -> None:
    def asked(name: str, articles: int, *milliseconds: float, aim: float | None = None) -> Figure:
        return absolute(name, "wall time", "ms", milliseconds, aim, articles=articles)

    small = [asked("rare words", 10_000, 1, 2), asked("all of it", 10_000, 5, 5)]
    middling = [asked("rare words", 100_000, 2, 4, aim=3), asked("all of it", 100_000, 50, 50, aim=40)]
    large = [asked("rare words", 1_000_000, 4, 6), asked("all of it", 1_000_000, 1000, 1100)]
    keep(result("searching", *small, *middling, *large), tmp_path)
    whole = (tmp_path / "docs/performance.md").read_text("utf-8")
    section = whole.partition("## Searching a large archive")[2].partition("\n## ")[0]
    head, _, rare, everything = section.partition("| What |")[2].splitlines()
    assert head == " 10,000 | 100,000 | 1,000,000 | 1,000,000 against 100,000 | Aim |"
    assert rare == (
        "| rare words, wall time | 1.50 (1.00–2.00) ms | 3.00 (2.00–4.00) ms | 5.00 (4.00–6.00) ms "
        "| 1.8 (1.5–2.0) times | of 100,000 at most 3 ms: met |"
    )
    assert "| **21.0 (20.0–22.0) times** | of 100,000 at most 40 ms: **MISSED by 25 %** |" in everything
    aims = whole.partition("## Aims")[2].partition("\n## ")[0]
    assert "1 of 2 aims are met." in aims
    assert "#searching-a-large-archive): rare words of 100,000 articles, wall time |  | 3.00 ms |" in aims


def test_a_size_that_was_not_measured_has_an_empty_cell_and_a_single_size_no_growth(tmp_path: Path) -> None:
    small = absolute("all of it", "wall time", "ms", [5.0, 5.0], articles=10_000)
    keep(result("searching", small), tmp_path)
    alone = (tmp_path / "docs/performance.md").read_text("utf-8")
    assert "| What | 10,000 | Aim |" in alone
    other = absolute("rare words", "wall time", "ms", [1.0, 1.0], articles=100_000)
    keep(result("searching", small, other), tmp_path)
    both = (tmp_path / "docs/performance.md").read_text("utf-8")
    assert "| all of it, wall time | 5.00 (5.00–5.00) ms |  |  |  |" in both


@pytest.mark.parametrize(
    "figure",
    [SLOW, FAST, LARGE, replace(LARGE, articles=10_000)],
    ids=["at most", "at least", "absolute", "of a size"],
)
def test_a_figure_comes_back_from_its_file_as_it_was(figure: Figure) -> None:
    assert figure_of(json.loads(json.dumps(figure.as_plain()))) == figure


def test_figures_of_five_runs_go_on_the_page_and_void_ones_do_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(one: measurements.Measurement, extent: Extent) -> Measured:
        if one.name == "startup":
            raise BrokenRun("it did not start")
        return Measured([], [absolute("it", "CPU time", "ms", [1.0] * extent.runs)])

    monkeypatch.setattr(measurements.Measurement, "measure", measure)
    chosen = ["--only", "startup", "--only", "reading", "--into", str(tmp_path)]
    assert main([*chosen, "--quick"]) == 1
    assert main([*chosen, "--runs", "4"]) == 1
    assert not list(tmp_path.iterdir())
    assert main(chosen) == 1
    assert "startup is void: it did not start" in capsys.readouterr().err
    assert list(results(tmp_path)) == ["reading"]
    assert results(tmp_path)["reading"].command == ".venv/bin/python -m benchmarks --only reading"


def test_the_page_says_how_long_a_measurement_took_and_the_next_run_expects_as_much(tmp_path: Path) -> None:
    keep(result("reading", SLOW), tmp_path)
    keep(replace(result("startup", LARGE), took_s=400.4), tmp_path)
    text = (tmp_path / "docs/performance.md").read_text("utf-8")
    assert "Measured 2026-11-30 13:00 UTC, 5 runs, by" in text
    assert "Measured 2026-11-30 13:00 UTC, 5 runs in 7 min, by" in text
    assert results(tmp_path)["startup"].took_s == 400.4
    chosen = [one for one in MEASUREMENTS if one.name in {"startup", "reading", "memory"}]
    assert list(plan_lines(chosen, {"startup": 400.4, "memory": 3600.0})) == [
        "  startup            7 min   Start-up of the command line",
        "  reading        not known   Reading pages, on one core",
        "  memory         1 h 0 min   Memory of a crawl, of few pages and of many",
        "  altogether     1 h 7 min   as long as they took the last time, and 1 of which it is not known",
    ]


def test_what_was_measured_in_another_way_says_nothing_of_how_long_it_will_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(one: measurements.Measurement, extent: Extent) -> Measured:
        return Measured([], [absolute("it", "CPU time", "ms", [1.0] * extent.runs)])

    monkeypatch.setattr(measurements.Measurement, "measure", measure)
    chosen = ["--only", "startup", "--into", str(tmp_path)]
    assert main(chosen) == 0
    assert "  startup        not known  " in capsys.readouterr().out
    for options in (["--articles", "7"], ["--runs", "6"], ["--quick"]):
        assert main([*chosen, *options]) == 0
        assert "  startup        not known  " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3599, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_a_duration_is_told_as_people_do(seconds: float, said: str) -> None:
    assert spoken(seconds) == said


def test_a_fault_of_a_measurement_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(one: measurements.Measurement, extent: Extent) -> Measured:
        if one.name == "startup":
            raise OSError(28, "No space left on device")
        return Measured([], [absolute("it", "CPU time", "ms", [1.0] * extent.runs)])

    monkeypatch.setattr(measurements.Measurement, "measure", measure)
    assert main(["--only", "startup", "--only", "reading", "--into", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "benchmark startup is void:" in said
    assert "OSError: [Errno 28] No space left on device" in said
    assert list(results(tmp_path)) == ["reading"]


def test_every_measurement_has_a_module_that_measures() -> None:
    for one in MEASUREMENTS:
        path = CHECKOUT / Path(*one.module.split(".")).with_suffix(".py")
        assert "def measure(extent: Extent) -> Measured:" in path.read_text("utf-8")
