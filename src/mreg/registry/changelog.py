"""Release notes of an artifact."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mreg.changelog import changelog as releases
from mreg.changelog.changelog import Changelog
from mreg.changelog.read import answer
from mreg.core import names, queries
from mreg.git.repository import Repository
from mreg.registry import read

if TYPE_CHECKING:
    from mreg.core.directions import Directions


def changelog(
    repo: Repository,
    name: str,
    ends: tuple[str | None, str | None],
    limit: int | None,
    commits: int,
    told: Directions,
) -> Changelog:
    """Return an artifact's release notes: see `Registry.changelog`."""
    queries.refuse_negative(limit, f"a limit of {limit}")
    queries.refuse_negative(commits, f"{commits} commits")
    name = names.artifact(name)
    asked = [releases.selector(name, it) if it else None for it in ends]
    history = read.history(repo, name)
    first, last = (releases.named(history, it) if it else None for it in asked)
    entries = partial(read.entries, repo)
    return answer(repo, history, entries, (first, last), limit=limit, commits=commits, told=told)
