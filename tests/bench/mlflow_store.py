"""The same models in MLflow's store: a first page of them, and a search by a tag, beside mreg's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import builds
import registries
from bench import Bench
from figure import Bound, Figure, in_turn
from measure import FEWEST_PAIRS, Task, Tasks
from surroundings import ENVIRONMENT

_ASK = Path(__file__).with_name("ask_models.py")
_QUESTIONS = {"page": "the first 100 models", "tag": "the first 100 models with a tag"}


def held(bench: Bench, folder: Path, asked: dict[str, Tasks], count: int) -> Iterator[Figure]:
    """Hold MLflow's answers against those of a catalog, as whole processes and without start-up.

    Args:
        bench: the bench.
        folder: where the catalog is.
        asked: the commands of mreg, by question.
        count: how many models both have.
    """
    title = f"MLflow {builds.MLFLOW} on SQLite"
    try:
        server = builds.mlflow()
        store = registries.kept(f"mlflow-{count}-1", __file__, str(count))
    except (OSError, subprocess.CalledProcessError, SystemExit) as error:
        yield Figure(title, "wall", failed=f"MLflow is not here: {error}")
        return
    own, other = str(folder / "catalog.yaml"), f"sqlite:///{store / 'mlflow.db'}"
    for question, words in _QUESTIONS.items():
        theirs = Task(server.python(str(_ASK), "mlflow", other, question), None, store)
        found = in_turn({"theirs": _again(theirs), "ours": asked[question]}, most=FEWEST_PAIRS)
        name = f"{title}, {words} of {count:,} : `mreg catalog`"
        yield found.ratio(name, "theirs", "ours", Bound(10, least=True), "wall")
        yield _alone(
            f"{name}, without start-up",
            server.python(str(_ASK), "mlflow", other, question),
            bench.now.python(str(_ASK), "mreg", own, question),
        )


def _again(task: Task) -> Tasks:
    return lambda _: task


def _alone(question: str, theirs: tuple[str, ...], ours: tuple[str, ...]) -> Figure:
    """Return how much longer one question takes in a process of MLflow than in one of mreg."""
    pairs = [(_seconds(theirs), _seconds(ours)) for _ in range(FEWEST_PAIRS)]
    ratios = sorted(a / b for a, b in pairs)
    took = tuple(sorted(it)[len(pairs) // 2] for it in zip(*pairs, strict=True))
    middle, spread = ratios[len(ratios) // 2], (ratios[0], ratios[-1])
    return Figure(question, "wall", 0, middle, "x", spread, took, len(pairs), Bound(10, least=True))


def _seconds(words: tuple[str, ...]) -> float:
    done = subprocess.run(words, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1])


def make(count: int, folder: Path) -> None:
    """Fill a store of MLflow."""
    folder.mkdir(parents=True)
    program = Path(__file__).with_name("fill_mlflow.py")
    given = (str(count), "20", str(folder / "mlflow.db"))
    words = builds.mlflow().python(str(program), *given)
    subprocess.run(words, env=ENVIRONMENT, cwd=folder, capture_output=True, check=True)


if __name__ == "__main__":
    make(int(sys.argv[1]), Path(sys.argv[2]))
