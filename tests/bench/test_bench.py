"""The bench measures what it says: its registries are sound, its arithmetic and its page right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import builds
import growth
import pytest
import run as bench_run
import teams
from bench import Bench
from figure import Bound, Figure, Found, in_turn
from growth import Growth, Point
from measure import Failed, Rounds, Sample, Task, always, rounds, run
from registries import TAGS_OF_A_LIFE, artifact_count, artifact_name, make, steps
from report import BEGIN, END, Section, line, page, write
from surroundings import ENVIRONMENT, ROOT, git

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
    found = mreg.Registry.open(repo).problems()
    assert {it.code for it in found} == {"MR053"}  # there are no models in it


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


def test_every_registry_is_annotated(repo: Path) -> None:
    registry = mreg.Registry.open(repo)
    found = registry.annotation(artifact_name(0))
    assert (found.type, list(found.metrics)) == ("model", ["accuracy"])


def test_one_artifact_may_have_all_tags(tmp_path: Path) -> None:
    make(80, tmp_path / "one", one=True)
    registry = mreg.Registry.open(tmp_path / "one")
    assert [it.name for it in registry.artifacts()] == [artifact_name(0)]
    assert len(registry.history()) == 80


def test_versions_of_teams_say_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teams, "RELEASES", 10)
    teams.make(100, tmp_path / "teams")
    registry = mreg.Registry.open(tmp_path / "teams")
    assert registry.doctor() == ()
    assert len(registry.search("metrics.accuracy>0")) == 100
    last = registry.annotation(f"{teams.model_name(0, 3)}@{teams.version_name(10)}")
    assert last.metrics == {"accuracy": 94e-7, "f1": 0.8}
    assert [it.artifact for it in last.inputs] == [
        None,
        f"{teams.model_name(0, 0)}@{teams.version_name(10)}",
    ]


# -- measuring -------------------------------------------------------------------------------------


def sample(cpu: float, wall: float = 1.0) -> Sample:
    return Sample(cpu, wall, 0)


def found(first: list[Sample], second: list[Sample]) -> Found:
    return Found(Rounds({"a": first, "b": second}, {}))


def test_ratio_is_the_median_over_the_pairs() -> None:
    figure = found([sample(2), sample(9), sample(3)], [sample(1), sample(1), sample(2)]).ratio(
        *("question", "a", "b")
    )
    assert (figure.cpu, figure.wall, figure.spread, figure.pairs) == (2, 1, (1.5, 9), 3)


def test_a_figure_of_wall_time_is_bounded_by_it() -> None:
    both = found([sample(9, 2)], [sample(1, 1)])
    assert both.ratio("q", "a", "b", Bound(3), "wall").value == 2
    assert both.ratio("q", "a", "b", Bound(3)).value == 9


def test_commands_run_in_turn_after_one_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    done = rounds(
        {"a": lambda it: _note(log, f"a{it}"), "b": lambda it: _note(log, f"b{it}")}, most=2
    )
    assert log.read_text().split() == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert {name: len(runs) for name, runs in done.samples.items()} == {"a": 2, "b": 2}


def _note(log: Path, word: str) -> Task:
    return Task(("sh", "-c", 'echo "$1" >>"$2"', "sh", word, str(log)))


def test_what_prepares_a_run_is_not_measured(tmp_path: Path) -> None:
    there = tmp_path / "there"
    done = run(Task(("test", "-f", str(there)), lambda: there.write_bytes(b"x")))
    assert done.cpu < 1
    with pytest.raises(Failed):
        run(Task(("test", "-f", str(tmp_path / "absent"))))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to who asks for them")
def test_what_outlives_its_parent_counts_too() -> None:
    inner = "b'x' * 10**8"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {inner!r}])"
    assert run(Task((sys.executable, "-c", code))).peak > 10**8


def test_peak_is_that_of_the_largest_process() -> None:
    inner = "b'x' * 10**8"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    assert run(Task((sys.executable, "-c", code))).peak > 10**8


def test_a_command_that_fails_has_no_figure_and_says_why() -> None:
    done = in_turn(
        {"bad": always("sh", "-c", "echo no such thing >&2; exit 1"), "b": always("true")}
    )
    figure = done.ratio("`bad` : `b`", "bad", "b", Bound(2))
    assert figure.failed.endswith("exit code 1: no such thing")
    assert "failed" in line(figure)
    assert "| - | - | - | - | CPU \u2264 2 | - | failed |" in page([Section("S", [figure])], "c")
    assert not done.seconds("`b`", "b").failed  # the others are measured all the same


def test_a_command_that_is_not_there_fails_too() -> None:
    assert (
        "nothing-of-the-kind"
        in in_turn({"a": always("nothing-of-the-kind")}).memory("q", "a").failed
    )


def test_nothing_of_the_surroundings_changes_what_is_measured() -> None:
    assert not [it for it in ENVIRONMENT if it.startswith(("MREG_", "PYTHON", "XDG_"))]


def test_what_is_kept_is_removed_before_a_first_question(tmp_path: Path) -> None:
    bench = Bench((), 0)
    bench.kept = tmp_path / "kept"
    beside = tmp_path / "registry" / ".git" / "mreg"
    for folder in (bench.kept, beside):
        folder.mkdir(parents=True)
        (folder / "file").touch()
    bench.forget(tmp_path / "registry")
    assert not bench.kept.exists()
    assert not beside.exists()


def test_the_build_of_before_is_in_the_history() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no repository")
    shallow = git(ROOT, "rev-parse", "--is-shallow-repository").strip() == "true"
    if shallow:
        pytest.skip("this is a shallow clone, which lacks the commit")
    git(ROOT, "merge-base", "--is-ancestor", builds.BEFORE, "HEAD")


# -- the report ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "figure", "holds", "aim"),
    [
        (Bound(2.0, 1.0), 2.0, True, False),
        (Bound(2.0, 1.0), 2.1, False, False),
        (Bound(2.0, 1.0), 1.0, True, True),
        (Bound(5.0, least=True), 5.0, True, False),
        (Bound(5.0, 9.0, least=True), 4.9, False, False),
        (Bound(5.0, 9.0, least=True), 9.5, True, True),
    ],
)
def test_bound_is_the_most_or_the_least(
    bound: Bound, figure: float, holds: bool, aim: bool
) -> None:
    assert bound.holds(figure) is holds
    assert bound.reaches_the_aim(figure) is aim


def test_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{BEGIN}\nstale\n{END}\nafter\n")
    figure = Figure("`a` : `b`", "CPU", 2.0, 1.5, "x", (1.0, 3.0), (0.5, 0.25), 5, Bound(2.5, 1))
    write(file, page([Section("Things", [figure])], "command"))
    text = file.read_text()
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "\n### Things\n" in text
    row = "| `a` : `b` | 2 x | 1.5 x | 1 to 3 | 500 ms : 250 ms CPU | CPU \u2264 2.5 | 1 | yes |"
    assert row in text
    assert "stale" not in text


def test_page_without_a_place_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("text\n")
    with pytest.raises(SystemExit, match="there are no lines"):
        write(file, "content")
    assert file.read_text() == "text\n"


def test_growth_is_drawn_and_in_numbers() -> None:
    points = [Point(growth.ONE, 100, 0.1), Point(growth.ONE, 1500, 0.2), Point(growth.GTO, 100, 2)]
    rows = growth.table(points).splitlines()
    assert rows[0] == "| tags | 100 | 1,500 |"
    assert f"| {growth.ONE} | 100 ms | 200 ms |" in rows
    assert f"| {growth.GTO} | 2.00 s | - |" in rows
    assert growth.ONE in growth.drawn(points)
    assert growth.COLD not in growth.drawn(points)


def test_every_group_can_be_asked_for_alone() -> None:
    names = list(bench_run.groups(Growth()))
    command = [sys.executable, str(Path(bench_run.__file__)), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--gto-10000" in done.stdout
    assert ", ".join(names) in " ".join(done.stdout.split())
    wrong = [*command[:-1], "--only", "nothing"]
    done = subprocess.run(wrong, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no group nothing" in done.stderr
