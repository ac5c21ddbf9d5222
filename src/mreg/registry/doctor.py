"""Everything that is wrong with a registry."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator, Mapping

from mreg.annotations import entry, metrics, outline, sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.content import damages
from mreg.content.sources import Origin
from mreg.core import doctor, queries
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import DIGEST_TRAILER
from mreg.core.replay import State
from mreg.errors import RemoteError
from mreg.git import checkout, files, remote
from mreg.git.repository import Repository
from mreg.governance import approve, settings
from mreg.governance.trust import Trust
from mreg.registry import content, read
from mreg.store import complete
from mreg.store.versioned_files import VersionedFiles
from mreg.worktree import version_tools


def problems(repo: Repository) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a registry, the worst first."""
    state = read.state(repo)
    found = list(doctor.of_state(state))
    with VersionedFiles(repo) as contents:
        tree = dict(files.list_tree(repo))
        found += sources.overview(tree.items(), contents).problems
        found += _of_annotations(repo, state, contents)
        found += _of_version_tools(tree, contents)
        found += _of_dvc(tree, contents, state)
    found += approve.problems(repo, lambda: Trust(repo, settings.governing(repo)))
    if checkout.is_shallow(repo):
        found.append(problem("MR018", ".", "the clone is shallow: it lacks older commits"))
    if repo.has_remote():
        for name, cure in remote.deleting_tags(repo):
            message = f"each fetch deletes the tags here that {name} does not have"
            found.append(problem("MR041", name, message, hint=cure))
    tag_of = {dated.event.commit: dated.tag for history in state for dated in history.timeline}
    found += _of_branches(repo, state)
    for oid in complete.missing(repo, list(tag_of)):
        message = f"the commit {oid[:12]} that it points to is not in this repository"
        found.append(problem("MR017", tag_of[oid], message, hint=oid))
    return tuple(doctor.worst_first(found))


def _of_branches(repo: Repository, state: State) -> Iterator[Diagnostic]:
    """Iterate over the published versions whose commits no branch of the remote has."""
    if not repo.has_remote() or repo.shortage():
        return
    from mreg.store import branches, publish

    try:
        peer = publish.connect(repo, None)
        strays = branches.strays(peer, branches.registrations(repo, state))
    except RemoteError as error:
        repo.network.notice(
            f"cannot determine whether the remote's branches have all versions: {error}"
        )
        return
    for it in strays:
        message = f"no branch of {peer.name} contains its commit {it.event.commit[:12]}"
        yield problem("MR042", it.event.tag, message, hint=it.cure(peer.target))


def _metrics(subject: str, said: Annotation) -> Iterator[Diagnostic]:
    """Iterate over the metrics of a version that say nothing."""
    for name, why in metrics.not_finite(said.metrics):
        yield problem("MR028", subject, f"the metric {name} {why}")


def _of_annotations(
    repo: Repository, state: State, contents: VersionedFiles
) -> Iterator[Diagnostic]:
    """Iterate over what of the active versions' annotations cannot be read, or says nothing."""
    wanted = [
        Wanted(history.artifact, event.commit, event.tag)
        for history in state
        for event in history.standing.active.values()
    ]
    said = sources.read(wanted, contents)
    for it, found in zip(wanted, said, strict=True):
        yield from entry.problems(found)
        if isinstance(found, Annotation):
            yield from _metrics(it.subject, found)
    damaged = [*damages.problems(wanted, said, contents)]
    yield from damaged
    known = {it.subject for it in damaged}
    annotated = {it.subject: found for it, found in zip(wanted, said, strict=True)}
    yield from _refused(repo, state, annotated, known)


def _refused(
    repo: Repository,
    state: State,
    annotated: Mapping[str, Annotation | Diagnostic | None],
    known: Container[str],
) -> Iterator[Diagnostic]:
    """Iterate over the latest versions, and those that hold a stage, that `mreg get` will refuse.

    Older ones nobody asks for by themselves. What is `known` is told already, by tag. Of a
    repository that is read by URL files would have to be fetched for it.
    """
    if repo.mirror:
        return
    for history in state:
        standing = history.standing
        holders = (standing.current(it) for it in standing.stages)
        wanted = {queries.latest(history), *(it.version for it in holders if it)}
        for version, event in standing.active.items():
            said = annotated[event.tag]
            if version not in wanted or event.tag in known or not isinstance(said, Annotation):
                continue
            found = content.refusal(
                Origin(repo, event.commit),
                history.artifact,
                said,
                label=f"{history.artifact} {version}",
                recorded=event.trailers.get(DIGEST_TRAILER),
            )
            if found:
                yield problem("MR053", event.tag, found.why, hint=found.hint)


def _of_dvc(
    tree: Mapping[str, str], contents: VersionedFiles, state: State
) -> Iterator[Diagnostic]:
    """Iterate over what DVC hands out of the artifacts that it knows, and should not."""
    found = {it.artifact: them for it in state if (them := [*doctor.unlike_dvc(it)])}
    if found:
        own = [it for it in tree.items() if posixpath.basename(it[0]) != outline.FILE]
        for name in sources.annotated_names(own, contents) & found.keys():
            yield from found[name]


def _of_version_tools(tree: Mapping[str, str], contents: VersionedFiles) -> Iterator[Diagnostic]:
    """Iterate over the tools, set up at HEAD, that take registry tags for a package's."""
    oids = {file: tree[file] for file in version_tools.FILES if file in tree}
    read = contents.small(oids.values(), limit=version_tools.LARGEST)
    for it in version_tools.find({file: read.get(oid, b"") for file, oid in oids.items()}):
        message = f"{it.tool} uses the newest tag, even a model's, as the package's version"
        lines = " ".join(it.lines.split("\n")).strip()
        yield problem("MR040", it.file, message, hint=f"`{lines}`")
