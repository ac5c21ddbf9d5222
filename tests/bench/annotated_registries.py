"""What annotations cost: large files of them, and thousands of files."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import packs
import registries
from bench import Bench, scratch
from figure import Bound, Figure, held, in_turn
from measure import FEWEST_PAIRS, Task, Tasks, always
from packs import Entry, Pack, Placed
from surroundings import CACHE, ROOT, git

ARTIFACTS, VERSIONS = 200, 4_000
MIXED = "10,000 tags, 4,000 artifacts.yaml"
MANY, FEW = 100_000, 1_000
EDITION = 1

_WHOLE, _ONE = 3.0, 0.5
"""The seconds in which questions about the whole registry, and one artifact, are answered."""

_ENTRY = """\
churn-{number:06}:
  type: model
  path: s3://models/churn/{number:06}.pkl
  description: It predicts.
  metrics: {{accuracy: 0.{number:06}}}
"""
_NAME = "churn-000500"


def measured(bench: Bench) -> Iterator[Figure]:
    """Measure what one large file costs, many files, and questions about them."""
    yield from _one_large_file(bench)
    yield from _many_files(bench)
    yield from _searched(bench)


def _one_large_file(bench: Bench) -> Iterator[Figure]:
    """Ask about one artifact of 100,000 in a file, and of 1,000; write about it; check the file."""
    large, small = (scratch(_entries(it), f"scratch-{it}") for it in (MANY, FEW))
    for words, title in (
        (("show", _NAME), "`mreg show NAME`"),
        (("describe", _NAME), "`mreg describe NAME`"),
        (("annotate", _NAME, "--metric"), "`mreg annotate NAME --metric`"),
        (("validate",), "`mreg validate`"),
    ):
        tasks = {
            "large": _in_work_tree(bench, words, large),
            "small": _in_work_tree(bench, words, small),
        }
        found = in_turn(tasks, most=FEWEST_PAIRS, budget=30)
        of = f"artifacts.yaml of {MANY:,} entries"
        yield found.seconds(f"{title}, {of}", "large")
        yield found.ratio(f"{title}, {of} : {FEW:,} entries", "large", "small")
        yield found.memory(f"{title}, {of}, peak memory", "large")
    for repo in (large, small):
        shutil.rmtree(repo)


def _in_work_tree(bench: Bench, words: tuple[str, ...], repo: Path) -> Tasks:
    """Return a command, which runs in the work tree; one that sets a metric sets another value."""

    def task(run: int) -> Task:
        last = (f"accuracy=0.5{run}",) if words[-1] == "--metric" else ()
        command = bench.now.mreg(*words, *last)
        return Task(command, folder=repo, environment={"MREG_CACHE_DIR": str(bench.kept)})

    return task


def _entries(count: int) -> Path:
    """Return a repository whose artifacts.yaml has so many entries; one has a version."""
    return registries.kept(f"entries-{count}-{EDITION}", __file__, str(count))


def make(count: int, folder: Path) -> None:
    """Make a repository whose artifacts.yaml has so many entries."""
    packs.begun(folder)
    who = registries.person(0)
    with Pack(folder, 4) as pack:
        text = "".join(_ENTRY.format(number=number) for number in range(count))
        tree = pack.add_tree([Entry("artifacts.yaml", pack.add_file(text))])
        head = pack.add_commit(tree, None, who, "Begin")
        tag = f"{_NAME}@v1.0.0"
        placed = Placed(pack.add_tag(head, tag, who, "Register\n\nPrevious: none\n"), head)
    packs.finish(folder, head, {tag: placed})


def _many_files(bench: Bench) -> Iterator[Figure]:
    """Validate a file of 200 artifacts; ask about versions with a file of annotations each."""
    many = _made(f"annotated-{ARTIFACTS}", f"with_many_artifacts(Path(folder), {ARTIFACTS})")
    yield held(
        f"`mreg validate`, {ARTIFACTS} artifacts : an empty Python program",
        _in_work_tree(bench, ("validate",), many),
        always(*bench.now.python("-c", "")),
    )
    long = _made(f"annotated-{VERSIONS}", f"with_many_versions(Path(folder), {VERSIONS})")
    short = _made("annotated-10", "with_many_versions(Path(folder), 10)")
    for words in (("describe", "model-0"), ("show", "model-0")):
        title = f"`mreg {words[0]} NAME`, {VERSIONS:,} versions, an artifacts.yaml each"
        yield held(
            f"{title} : 10 versions",
            bench.asking(*words, repo=long),
            bench.asking(*words, repo=short),
        )


def _searched(bench: Bench) -> Iterator[Figure]:
    """Hold questions about what versions are against Git, which reads out what they are about."""
    repo = _made("annotated-40x100", "with_many_of_both(Path(folder))")
    everything, one = _raw_read(repo, "*"), _raw_read(repo, "model-1@*")
    for words, read, most in (
        (("search", "metrics.accuracy>=0.003998"), everything, _WHOLE),
        (("search", "stage=prod and metrics.accuracy>=0.003998"), everything, _WHOLE),
        (("compare", "model-1"), one, _ONE),
        (("lineage", "model-0@v0.0.2", "--down"), everything, _WHOLE),
    ):
        found = in_turn(
            {"ours": bench.asking_anew(*words, repo=repo), "raw": always("sh", "-c", read)},
            most=FEWEST_PAIRS,
        )
        title = f"`{shlex.join(('mreg', *words))}`, {MIXED}, empty cache"
        yield found.ratio(f"{title} : `git cat-file --batch` of the same", "ours", "raw")
        yield found.seconds(title, "ours", Bound(most))


def _raw_read(repo: Path, tags: str) -> str:
    """Return the shell command that reads tags and the annotations of the versions among them.

    The ids are listed beforehand, unmeasured.
    """
    refs = git(repo, "for-each-ref", "--format=%(objectname) %(refname)", f"refs/tags/{tags}")
    pairs = [line.split(" ") for line in refs.splitlines()]
    versions = [f"{ref}:artifacts.yaml" for _, ref in pairs if "@" in ref]
    ids = CACHE / f"{repo.name}-{len(pairs)}.ids"
    ids.write_text("\n".join([*(oid for oid, _ in pairs), *_resolved(repo, versions)]))
    here = f"git -C {shlex.quote(str(repo))} cat-file --batch --buffer"
    return f"{here} <{shlex.quote(str(ids))} >/dev/null"


def _resolved(repo: Path, names: list[str]) -> list[str]:
    """Return the ids of objects."""
    done = subprocess.run(
        ["git", "-C", str(repo), "cat-file", "--batch-check=%(objectname)"],
        input="\n".join(names),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _made(name: str, call: str) -> Path:
    """Return a registry that `tests/support/annotated.py` makes; it is kept for the next run."""
    folder = CACHE / name
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        code = "import sys\nfrom pathlib import Path\nfrom annotated import *\n"
        program = f"{code}folder = sys.argv[1]\n{call}"
        subprocess.run(
            [sys.executable, "-c", program, str(partial)], cwd=ROOT / "tests/support", check=True
        )
        partial.rename(folder)
    return folder


if __name__ == "__main__":
    make(int(sys.argv[1]), Path(sys.argv[2]))
