"""Commits on branches, and under other refs such as DVC's, made by one `git fast-import` stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from repositories import ANN, START, Repository, run

NEWER = START - 900_000
"""When the first of them is made: later than the commits of a `Maker`, before any tag."""


class Step(NamedTuple):
    """A commit to be made.

    Attributes:
        ref: the ref that holds it; "main" is refs/heads/main.
        files: the files that it changes, by path.
        after: the commits that it follows: ids, or numbers of earlier steps.
        author: "Name <email>".
    """

    ref: str
    files: dict[str, bytes] = {}  # noqa: RUF012 - a NamedTuple's default, which nobody changes
    after: tuple[str | int, ...] = ()
    author: str = ANN


def grow(repo: Repository, steps: Sequence[Step]) -> tuple[str, ...]:
    """Make commits, each a second after the one before; return their ids."""
    marks = repo.path / "grown"
    run(
        repo.path,
        *("fast-import", "--quiet", "--force", f"--export-marks={marks}"),
        stdin="".join(_stream(steps)).encode("utf-8", "surrogateescape"),
    )
    ids = dict(line.split(" ") for line in marks.read_text().splitlines())
    marks.unlink()
    return tuple(ids[f":{number}"] for number in range(1, len(steps) + 1))


def _stream(steps: Sequence[Step]) -> Iterator[str]:
    for number, it in enumerate(steps, start=1):
        ref = it.ref if it.ref.startswith("refs/") else f"refs/heads/{it.ref}"
        yield f"commit refs/made/{number}\nmark :{number}\n"
        yield f"author {it.author} {NEWER + number} +0000\n"
        yield f"committer {ANN} {NEWER + number} +0000\ndata 7\nStep {number % 10}\n\n"
        for position, parent in enumerate(it.after):
            mark = f":{parent + 1}" if isinstance(parent, int) else parent
            yield f"{'merge' if position else 'from'} {mark}\n"
        for path, content in it.files.items():
            yield f"M 644 inline {path}\ndata {len(content)}\n"
            yield content.decode("utf-8", "surrogateescape") + "\n"
        yield f"reset {ref}\nfrom :{number}\n\nreset refs/made/{number}\nfrom {'0' * 40}\n\n"


ANNOTATED = b"churn: {path: model.bin, metrics: [metrics.json], params: [params.yaml]}\n"


def trained(model: str, params: str = "depth: 1", **metrics: float) -> dict[str, bytes]:
    """Return the files of a commit that trained `churn`, as `ANNOTATED` names them."""
    return {
        "artifacts.yaml": ANNOTATED,
        "model.bin": model.encode(),
        "metrics.json": json.dumps(metrics).encode(),
        "params.yaml": params.encode(),
    }


def experiment(name: str, base: str) -> str:
    """Return the ref of an experiment of DVC."""
    return f"refs/exps/{base[:2]}/{base[2:]}/{name}"
