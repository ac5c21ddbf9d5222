"""Where something came from, and where it went."""

from __future__ import annotations

from functools import partial

from mreg.core import queries
from mreg.errors import UsageError
from mreg.git.repository import Repository
from mreg.lineage.graph import Lineage
from mreg.lineage.read import LineageQuestion, answer
from mreg.registry import read


def trace(
    repo: Repository,
    selector: str | None,
    path: str | None,
    *,
    down: bool,
    depth: int | None,
    limit: int,
    also: bool,
) -> Lineage:
    """Return what a version was made from, or what was made from it: see `Registry.lineage`."""
    if (selector is None) == (path is None):
        raise UsageError("a lineage is that of a version or of a path", hint="name one of them")
    read.refuse_negative(depth, f"a depth of {depth}")
    read.refuse_negative(limit, f"a limit of {limit}")
    wanted = queries.parse_selector(selector) if selector is not None else None
    state = read.state(repo)
    version = None
    if wanted:
        version = read.find(repo, state, wanted)
    question = LineageQuestion(version, path, "down" if down else "up", depth, limit, also)
    return answer(repo, state, partial(read.entries, repo), question)
