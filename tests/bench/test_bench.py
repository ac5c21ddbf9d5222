"""The bench measures what it says: its registries are sound, its arithmetic and its page right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from figure import Bound, Figure
from measure import Comparison, Sample, always, compare, run
from registries import TAGS_OF_A_LIFE, artifact_count, artifact_name, make, steps
from report import BEGIN, END, write
from surroundings import git

import mreg


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "registry"
    make(150, folder)
    return folder


def test_registry_has_the_tags_that_were_asked_for(repo: Path) -> None:
    assert len(git(repo, "tag").splitlines()) == 150
    assert list((repo / ".git" / "refs" / "tags").iterdir()) == []


def test_registry_is_one_that_mreg_finds_no_fault_with(repo: Path) -> None:
    assert mreg.Registry.open(repo).problems() == ()


def test_each_event_names_the_one_before_it(repo: Path) -> None:
    events = mreg.Registry.open(repo).history(artifact_name(0), reverse=True)
    assert [it.trailers["Previous"] for it in events] == ["none", *(it.oid for it in events[:-1])]


def test_loose_registry_has_a_file_for_each_ref(tmp_path: Path) -> None:
    make(100, tmp_path / "loose", loose=True)
    tags = tmp_path / "loose" / ".git" / "refs" / "tags"
    assert sum(1 for path in tags.rglob("*") if path.is_file()) == 100


@pytest.mark.parametrize("size", [1, TAGS_OF_A_LIFE, TAGS_OF_A_LIFE + 1, 1_500])
def test_steps_are_as_many_as_asked_for(size: int) -> None:
    found = list(steps(size))
    assert len(found) == size
    assert len({step.artifact for step in found}) == artifact_count(size)


def test_ratio_is_the_median_over_the_pairs() -> None:
    first = [Sample(seconds, 0) for seconds in (2.0, 9.0, 3.0)]
    found = Comparison(first, [Sample(1.0, 0)] * 3)
    assert found.ratio == 3.0


def test_commands_run_in_turn_after_one_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    compare(lambda it: _note(log, f"a{it}"), lambda it: _note(log, f"b{it}"), pairs=2)
    assert log.read_text().split() == ["a0", "b0", "a1", "b1", "a2", "b2"]


def _note(log: Path, word: str) -> tuple[str, ...]:
    return ("sh", "-c", 'echo "$1" >>"$2"', "sh", word, str(log))


def test_peak_is_that_of_the_largest_process() -> None:
    inner = "b'x' * 10**8"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    assert run((sys.executable, "-c", code)).peak > 10**8


def test_command_that_fails_is_not_measured() -> None:
    with pytest.raises(SystemExit, match="exit code 1"):
        compare(always("false"), always("true"))


@pytest.mark.parametrize(
    ("bound", "figure", "holds"),
    [
        (Bound(least=False, value=2.0), 2.0, True),
        (Bound(least=False, value=2.0), 2.1, False),
        (Bound(least=True, value=5.0), 5.0, True),
        (Bound(least=True, value=5.0), 4.9, False),
    ],
)
def test_bound_is_the_most_or_the_least(bound: Bound, figure: float, holds: bool) -> None:
    assert bound.holds(figure) is holds


def test_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nstale\n{END}\nafter\n")
    write(page, [Figure("`a` : `b`", 0.5, 0.25, 2.0)], "command")
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "| `a` : `b` | 500 ms | 250 ms | 2 x | - | - | - |" in text
    assert "stale" not in text


def test_page_without_a_place_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n")
    with pytest.raises(SystemExit, match="there are no lines"):
        write(page, [], "command")
    assert page.read_text() == "text\n"


def test_help_is_there() -> None:
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--gto-10000" in done.stdout
