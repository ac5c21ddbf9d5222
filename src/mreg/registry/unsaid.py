"""What the commit of a registration leaves unsaid, or says so that it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from mreg.annotations import entry, sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.annotations.text import MAX_BYTES
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import DIGEST_TRAILER
from mreg.core.kinds import KINDS
from mreg.core.outcomes import Outcome
from mreg.core.queries import Record
from mreg.dvc import records, whereabouts
from mreg.git.files import Files
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.store.versioned_files import VersionedFiles


def problems(
    repo: Repository, made: Record | Outcome, *, forced: bool = True
) -> tuple[Diagnostic, ...]:
    """Return what a registration's commit does not say of it: see `Registry.unsaid`."""
    name, version = made.artifact, made.version
    if version is None or not KINDS[made.action].registers or repo.mirror:
        return ()
    with VersionedFiles(repo) as contents:
        (said,) = sources.read([Wanted(name, made.commit, made.tag)], contents)
        if isinstance(said, Annotation):
            refused = _refused(repo, made, said, contents) if forced else ()
            return (*entry.problems(said), *refused, *_absent(made, said, contents))
    if said is not None:
        return entry.problems(said)
    history = read.state(repo, name).history(name)
    other = queries.before(history, version)
    event = history.standing.active[other] if other else None
    earlier = read.entries(repo, [Wanted(name, event.commit, event.tag)])[0] if event else None
    if event is None or not isinstance(earlier, Annotation):
        message = f"{name} {version} is not annotated in its commit"
        return (problem("MR050", name, message),)
    files = sorted({it for paths in earlier.sources.values() for it in paths})
    message = (
        f"{name} {version} is not annotated, although {other} before it is ({', '.join(files)})"
    )
    import shlex

    hint = shlex.join([event.commit[:12], made.commit[:12], "--", *files])
    return (problem("MR051", name, message, hint=hint),)


def _absent(made: Record | Outcome, said: Annotation, contents: Files) -> Iterator[Diagnostic]:
    """Iterate over the inputs that nobody will find: neither Git nor DVC has them at the commit.

    What is in a submodule, the commit names by the submodule's own commit.
    """
    named = (it.path for it in said.inputs if it.path is not None)
    paths = [it for it in dict.fromkeys(named) if whereabouts.is_inside(it)]
    located = contents.locate((made.commit, it) for it in paths)
    absent = [
        path
        for (_, path), oid in located.items()
        if oid is None and (made.commit, path) not in contents.submodules
    ]
    found = contents.find((made.commit, it) for path in absent for it in records.files(path))
    raw = dict(contents.read(filter(None, found.values()), limit=MAX_BYTES))

    def text(file: str) -> bytes | None:
        return raw.get(found[made.commit, file] or "")

    import shlex

    for path in absent:
        if records.nearest(path, text) is None:
            message = f"the input {path} is not in the commit, and DVC does not track it"
            yield problem("MR054", made.artifact, message, hint=shlex.quote(path))


def _refused(
    repo: Repository, made: Record | Outcome, said: Annotation, contents: Files
) -> Iterator[Diagnostic]:
    """Iterate over why nobody can get what was registered."""
    from mreg.content.sources import Origin
    from mreg.registry import content

    for it in content.refusals(
        Origin(repo, made.commit),
        made.artifact,
        said,
        contents,
        label=f"{made.artifact} {made.version}",
        recorded=made.trailers.get(DIGEST_TRAILER),
    ):
        message = f"`mreg get` will refuse it: {it.why}"
        yield problem("MR052", made.artifact, message, hint=it.hint)
