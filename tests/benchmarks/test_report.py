"""What the benchmark prints: figures, goals, a page, a drawing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import child, instructions, report
from benchmarks.limits import TooSlow, at_most
from benchmarks.results import LABELS, Goal, Limit, Table, page
from benchmarks.run import NAMES, QUICK, arguments, main
from benchmarks.timing import Times, interleave
from benchmarks.work_import import measure_import, measure_size
from benchmarks.works import WORKS

TABLE = Table(
    "a1",
    "title",
    "numpy",
    {"numpy": (1e-6, 1e-6), "ours": (2e-6, 2e-6), "torch": (4e-6, 4e-6)},
    left_out={"jax": "absent"},
    goals=["met     goal"],
    notes={"ours": "a note"},
    beside={"numpy": (5e-7,)},
    beside_title="2 threads",
)

MACHINE = """\
processor  a processor
system     a system
python     3
engines    some"""


def test_timing_takes_turns_and_compares_turn_by_turn() -> None:
    """Each round times every step once; the ratio is the median of the rounds' ratios."""
    times = interleave({"a": lambda: None, "b": lambda: None}, rounds=3, seconds=1e-5)
    assert [len(times[name].rounds) for name in "ab"] == [3, 3]
    assert Times((2.0, 20.0, 3.0)).ratio(Times((1.0, 10.0, 1.0))) == 2.0
    assert Times((2.0, 20.0, 3.0)).median == 3.0


def test_goals_are_stated_and_never_fail() -> None:
    """A goal says whether it was met, with its figure; without the engine it says nothing."""
    slow, fast = Times((4.0, 4.0)), Times((1.0, 1.0))
    times = {"ours": slow, "numpy": fast}
    judged = str(Goal("ours", "numpy", 3).judge(times))
    assert judged.startswith("NOT MET")
    assert "4 × hand-written NumPy" in judged
    assert str(Goal("numpy", "ours", 1).judge(times)).startswith("met")
    assert Goal("ours", "jax", 1).judge(times) is None
    assert str(Limit("ours", 5, "s", 1).judge(times)).startswith("met")
    assert str(Limit("ours", 3999, "ms", 1e3).judge(times)).startswith("NOT MET")
    assert Limit("jax", 1, "s", 1).judge(times) is None


def test_tables_are_text_and_markdown() -> None:
    """Both hold the figures, the ratio, who is missing, notes, and more threads beside."""
    for text in ("\n".join(TABLE.lines()), page("machine", [TABLE])):
        for part in ("hand-written NumPy", "absent", "2 threads", "a note", "median µs", "goal"):
            assert part in text
    rows = [line for line in page("machine", [TABLE]).split("\n") if line.startswith("|")]
    assert rows[3] == "| autograd-core eager | 2 | 0 | 2 |  | a note |"


def test_the_drawing_has_a_bar_an_engine(tmp_path: Path) -> None:
    """An SVG with the engines' names, their figures, and the machine."""
    pytest.importorskip("matplotlib")
    report.keep([TABLE], MACHINE, tmp_path)
    assert report.write(tmp_path) == ["results.json", "results.md", "benchmark.svg"]
    drawing = (tmp_path / "benchmark.svg").read_text()
    for part in ("hand-written NumPy", "PyTorch eager", "a processor", "4 µs", "batch 1, SGD"):
        assert part in drawing
    assert len(drawing) < 30_000


def test_figures_are_kept_by_machine(tmp_path: Path) -> None:
    """Other works' figures stay; the same work's and another machine's give way."""
    other = replace(TABLE, title="other")
    report.keep([TABLE], MACHINE, tmp_path)
    report.keep([other], MACHINE, tmp_path)
    again = replace(other, rounds={"numpy": (1.23456e-6,)})
    report.keep([again], MACHINE, tmp_path)
    tables, machine = report.load(tmp_path)
    assert [table.title for table in tables] == ["title", "other"]
    assert tables[1].rounds == {"numpy": [1.235e-6]}
    assert machine == MACHINE
    report.keep([other], "another", tmp_path)
    assert [table.title for table in report.load(tmp_path)[0]] == ["other"]


def test_processes_of_their_own_give_results_and_errors() -> None:
    """A child gives back what its function returns; an error has its last line."""
    assert child.call("machine:threads", threads=2) == 2
    with pytest.raises(child.ChildFailed, match="nowhere"):
        child.call("run:in_child", "nowhere", [], 1)
    with pytest.raises(child.ChildFailed, match="longer than"):
        child.call("run:in_child", "a1", [], 1, seconds=0.01)


def test_a_slow_compiler_is_stopped() -> None:
    """What takes longer than its limit is ended and named."""
    with pytest.raises(TooSlow, match="took longer than"), at_most(0.01, "waiting"):
        time.sleep(5)
    with at_most(60, "nothing"):
        pass


def test_import_time_is_taken_in_fresh_processes() -> None:
    """Both modules are timed; what is added is stated."""
    table = measure_import(rounds=1)
    assert set(table.rounds) == {"import numpy", "import autograd_core"}
    assert "import autograd_core adds" in table.goals[0]


def test_the_installed_size_is_that_of_the_files() -> None:
    """Ours is under three megabytes."""
    table = measure_size()
    assert 1e5 < table.rounds["ours"][0] < 3e6


def test_command_line_chooses_and_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown work or engine ends with the names to choose from."""
    assert arguments(["--works", "a1, moons"]).works == ["a1", "moons"]
    assert arguments([]).works == list(NAMES)
    assert arguments([]).engines == list(LABELS)
    assert arguments(["--instructions"]).works == ["a1", "a32", "moons"]
    quick = arguments(["--quick"])
    assert (quick.works, quick.rounds, quick.threads) == (list(QUICK), 3, 1)
    for wrong in (["--works", "z"], ["--engines", "z"], ["--rounds", "0"], ["--threads", "0"]):
        with pytest.raises(SystemExit):
            main(wrong)
    assert "choose of" in capsys.readouterr().err


def test_the_command_measures_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A whole run of one work: its table is printed and its figures are written down."""
    options = ["--works", "e3", "--engines", "compiled", "--rounds", "1", "--threads", "1"]
    main([*options, "--out", str(tmp_path)])
    assert "autograd-core compiled" in capsys.readouterr().out
    (table,), _ = report.load(tmp_path)
    assert set(table.rounds) == {"numpy", "compiled"}
    assert not table.left_out


def test_the_lines_of_a_program_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line of a compiled step is listed with its time, and the sum."""
    from benchmarks.lines import profile

    profile("e3", rounds=3)
    printed = capsys.readouterr().out
    assert "tanh" in printed
    assert "the lines of the program" in printed


def test_instructions_are_counted_where_a_counter_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step's count is the difference of two runs; without a counter the table says so."""
    assert set(instructions.STEPS) <= set(WORKS)
    monkeypatch.setattr(instructions, "_perf_counts", lambda: False)
    monkeypatch.setattr(instructions.shutil, "which", lambda name: None)
    assert "neither" in instructions.count("a1", ["numpy"]).left_out["all"]
    monkeypatch.setattr(instructions.shutil, "which", lambda name: name)
    monkeypatch.setattr(instructions, "callgrind", lambda key, name, steps: 1000 + 7 * steps)
    assert instructions.count("a1", ["numpy", "jax"]).rounds == {"numpy": (7.0,)}
