"""What each question begins with: the state, a history, what commits say of versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from mreg.core import kinds, listing, names, queries, times
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Selector, Version
from mreg.core.replay import History, State
from mreg.errors import NotFound
from mreg.git import commits, refs
from mreg.git.repository import Repository
from mreg.store import complete

if TYPE_CHECKING:
    from mreg.annotations.outline import Overview
    from mreg.annotations.packed import Said
    from mreg.annotations.sources import Wanted
    from mreg.content.fetch import Report
    from mreg.git.files import Files
    from mreg.search import Query
    from mreg.store.answers import AnswerKind, Answers
    from mreg.store.versioned_files import Fetcher


def state(repo: Repository, name: str | None = None, at: datetime | str | None = None) -> State:
    """Return the registry, or one artifact of it, as it stands or stood."""
    found = complete.read_state(repo, name)
    found = State(found.histories, _without_ignored(repo, found.problems))
    return found if at is None else found.at(times.meant(at))


def answers(repo: Repository, kind: AnswerKind) -> Answers:
    """Return the answers of all artifacts, as they stand."""
    return kept_answers(repo, kind) or kind.of(state(repo))


def kept_answers(repo: Repository, kind: AnswerKind) -> Answers | None:
    """Return the answers of all artifacts; None where a remote has to be asked for some of them."""
    found = complete.read_answers(repo, kind)
    return found and found.saying(_without_ignored(repo, found.problems))


def _without_ignored(repo: Repository, problems: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Return problems without those that are no more than other tools' tags."""
    if not any(it.code == "MR001" for it in problems):
        return problems
    from mreg.worktree import settings

    patterns = settings.read_for_annotations(repo).ignore_tags
    return tuple(
        it for it in problems if it.code != "MR001" or not kinds.is_ignored(it.subject, patterns)
    )


def history(repo: Repository, name: str, at: datetime | str | None = None) -> History:
    """Return an artifact's history, of at least one event; only its own tags are read.

    Raises:
        InvalidName: the name is malformed.
        NotFound: there is no such artifact (at that time).
    """
    name = names.artifact(name)
    return present(repo, state(repo, name, at), name, at)


def present(repo: Repository, found: State, name: str, at: datetime | str | None = None) -> History:
    """Return the history of an artifact that the state has."""
    if at is not None and name not in found.histories and name in artifacts(repo):
        raise NotFound(f"the artifact {name!r} had no events at that time")
    return known(repo, found.history(name))


def known(repo: Repository, found: History) -> History:
    """Return a history if it has any event.

    Raises:
        NotFound: it has none; the artifact may be annotated all the same.
    """
    name = found.artifact
    if found.timeline:
        return found
    from mreg.store.entries import annotated

    early = annotated(repo, "HEAD")
    if name in early:
        raise NotFound(f"{name} is annotated, but has no version", hint=f"mreg register {name}")
    stages = {stage for it in state(repo) for stage in it.standing.stages}
    raise queries.unknown_artifact(name, {*artifacts(repo), *early}, stages)


def version(repo: Repository, selector: str, at: datetime | str | None = None) -> Version:
    """Return the version that a selector names."""
    wanted = queries.parse_selector(selector)
    return queries.find(history(repo, wanted.artifact, at), wanted)


def find(repo: Repository, found: State, wanted: Selector) -> Version:
    """Return the version that a selector names in a state that was read."""
    return queries.find(known(repo, found.history(wanted.artifact)), wanted)


def artifacts(repo: Repository) -> tuple[str, ...]:
    """Return the artifacts' names, sorted; only the tags' names are read."""
    complete.refresh(repo)
    return listing.artifacts(refs.listing(repo, (refs.PREFIX,), refs.TAGS))


def commit(repo: Repository, rev: str) -> str:
    """Return the id of the commit that a rev stands for."""
    complete.refresh(repo, () if rev == "HEAD" else (complete.BRANCHES, complete.TAGS))
    return commits.resolve(repo, rev)


def query(
    repo: Repository,
    text: str,
    zone: tzinfo | None = None,
    known: Callable[[], Iterable[str]] = tuple,
) -> Query:
    """Read an expression; what it calls a commit may be any name that Git knows."""
    from mreg import search

    def resolve(rev: str) -> str | None:
        try:
            return commit(repo, rev)
        except NotFound:
            return None

    return search.parse(text, now=times.now(), zone=zone, resolve=resolve, known=known)


def entries(
    repo: Repository,
    wanted: Sequence[Wanted],
    *,
    checked: bool = False,
    fetcher: Fetcher | None = None,
) -> list[Said]:
    """Return what commits say of artifacts."""
    from mreg.store import entries

    return entries.read(repo, wanted, checked=checked, fetcher=fetcher)


def of_versions(
    repo: Repository, versions: Sequence[Version], fetcher: Fetcher | None = None
) -> list[Said]:
    """Return what versions' own commits say of them."""
    from mreg.annotations.sources import Wanted

    wanted = [Wanted(it.artifact, it.commit, it.tag) for it in versions]
    return entries(repo, wanted, fetcher=fetcher)


def fetcher(repo: Repository, fetch: bool | Report) -> Fetcher | None:
    """Return what fetches what DVC keeps, where that is wanted: see `Registry.compare`."""
    if fetch is False:
        return None
    from mreg.content.dvc_contents import DvcContents

    return DvcContents(repo, None if fetch is True else fetch)


def supply(repo: Repository, versions: Sequence[Version]) -> None:
    """Fetch to a mirror, in one go, the folders of HEAD and of versions' commits.

    Any other repository stays as it is.
    """
    if own := repo.mirror:
        wanted = [it.commit for it in versions]
        with suppress(NotFound):
            wanted.append(commits.resolve(repo, "HEAD"))
        own.fetch_trees(wanted)


def at_head(repo: Repository) -> Overview:
    """Return the annotations at HEAD."""
    from mreg.store import outlines

    return outlines.read(repo, "HEAD")


def unlike_head(versions: Sequence[Version], head: Overview, files: Files) -> list[Version]:
    """Return those of some versions of whose artifacts their commits may say what HEAD does not."""
    alike = head.speaks_for([(it.artifact, it.commit) for it in versions], files.find)
    return [it for it, same in zip(versions, alike, strict=True) if not same]


def unannotated(repo: Repository, versions: Sequence[Version], head: Overview) -> tuple[str, ...]:
    """Return those of some versions that their own commits do not annotate, though HEAD does."""
    from mreg.store.versioned_files import VersionedFiles

    with VersionedFiles(repo) as contents:
        asked = unlike_head(versions, head, contents)
        if not asked:
            return ()
        from mreg.annotations import sources

        said = sources.annotated([(it.artifact, it.commit) for it in asked], contents)
    return tuple(str(it.version) for it, known in zip(asked, said, strict=True) if not known)
