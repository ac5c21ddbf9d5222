"""What somebody wants to record, as a plan for whatever is there when it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import TYPE_CHECKING

from mreg.core import names, plans, queries, versions
from mreg.core.diagnostics import Diagnostic
from mreg.core.plans import Ground, Plan
from mreg.core.queries import Selector
from mreg.core.replay import History
from mreg.core.standing import Holder
from mreg.core.versions import Bump
from mreg.errors import NotFound, Refused, UsageError
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.registry.record import Request
from mreg.render.moments import minute

if TYPE_CHECKING:
    from mreg.annotations.entry import Annotation
    from mreg.content.fetch import Progress
    from mreg.store.versioned_files import VersionedFiles


def commit_to_register(repo: Repository, name: str, rev: str) -> str:
    """Return the id of the commit of which a version is to be registered.

    Raises:
        NotFound: there is none; where nothing was committed yet, it says which files to commit.
    """
    try:
        return read.commit(repo, rev)
    except NotFound as error:
        if rev != "HEAD" or repo.mirror:
            raise
        import shlex

        from mreg.worktree import uncommitted

        if not (paths := uncommitted.to_commit(repo, name)):
            raise
        raise NotFound(str(error), hint=f"git add {shlex.join(paths)} && git commit") from None


def check_commit(
    repo: Repository,
    name: str,
    rev: str,
    commit: str,
    *,
    digest: bool,
    allow_dirty: bool,
    force: bool,
) -> None:
    """Refuse to register a commit that is not what is on disk, or annotates what nobody can read.

    Raises:
        Refused: it is such, and neither is allowed.
    """
    from mreg.store.versioned_files import VersionedFiles  # and with it all that reads annotations

    with VersionedFiles(repo) as files:
        if rev in ("HEAD", "@") and not allow_dirty:  # any other says which commit is meant
            from mreg.worktree import uncommitted

            uncommitted.refuse(repo, name, commit, files, digest=digest)
        if not (force or repo.mirror):  # of a mirror files would have to be fetched for it
            said = _readable(name, commit, files)
            if said and said.path:
                _refuse_lost(repo, name, commit, said, files, digest=digest)


def _refuse_lost(
    repo: Repository,
    artifact: str,
    commit: str,
    said: Annotation,
    files: VersionedFiles,
    *,
    digest: bool,
) -> None:
    """Refuse to register what `mreg get` will not hand out, as far as the commit tells.

    Raises:
        Refused: its path is not in the commit, or what says where it is kept cannot be read.
    """
    from mreg.content.sources import Origin
    from mreg.registry import content

    origin = Origin(repo, commit)
    found = content.refusals(origin, artifact, said, files, label=artifact, to_record=digest)
    if first := next(found, None):
        raise Refused(
            f"`mreg get` would refuse this version: {first.why}",
            hint=f"{first.hint}; --force registers it anyway",
        )


def _readable(artifact: str, commit: str, files: VersionedFiles) -> Annotation | None:
    """Return what a commit annotates of an artifact, if anything.

    Raises:
        Refused: a file that annotates it cannot be read, or where it is; or the artifact's folder
            is a file there.
    """
    from mreg.annotations import sources
    from mreg.annotations.sources import Wanted

    folder, _, name = artifact.rpartition(":")
    if folder and files.find([(commit, folder)])[commit, folder]:
        message = f"{folder} is a file, not a folder, so it cannot contain the artifact {artifact}"
        raise Refused(message, hint=f"name its folder, as in folder:{name}, or only {name}")
    said = sources.read([Wanted(artifact, commit, artifact)], files)[0]
    why = said.message if isinstance(said, Diagnostic) else said and said.unread.get("path")
    if why or isinstance(said, Diagnostic):
        raise Refused(
            f"the annotation of {artifact} in commit {commit[:12]} cannot be read: {why}",
            hint="fix it (`mreg validate` finds the place), commit it, and register that commit;"
            " --force registers it anyway",
        )
    return said


def register(
    repo: Repository,
    commit: str,
    version: str | None = None,
    bump: Bump | None = None,
    message: str = "",
    *,
    force: bool = False,
    digest: str | None = None,
) -> Request:
    """Return the wish for a version at a commit: see `mreg.core.plans.register`."""

    def request(ground: Ground) -> Plan:
        behind, unknown = (None, "") if version else _behind(repo, ground.history, commit)
        plan = plans.register(
            ground,
            commit,
            version=version,
            bump=bump,
            message=message,
            force=force,
            digest=digest,
            behind=behind,
        )
        return plan._replace(warnings=(unknown, *plan.warnings)) if unknown else plan

    return request


def _behind(repo: Repository, history: History, commit: str) -> tuple[Collection[str] | None, str]:
    """Return the active versions whose commits are a commit or lead to it.

    None where the latest is among them, so that none but that counts; and where the clone is
    shallow, so that it cannot be told, which the text says.
    """
    from mreg.git import checkout, commits, reach

    latest = queries.latest(history)
    if latest is None:
        return None, ""
    active = history.standing.active
    if reach.leads_to(repo, active[latest].commit, commit):
        return None, ""
    if checkout.is_shallow(repo):
        return None, (
            f"this clone is shallow, so mreg cannot determine whether {latest} is an ancestor of"
            f" commit {commit[:12]}: the next version follows it as the highest"
            " (git fetch --unshallow)"
        )
    others = {it.commit for it in active.values()}
    absent = {*commits.missing(repo, [*others])}
    elsewhere = absent | reach.outside(repo, others - absent, [commit])
    return [version for version, it in active.items() if it.commit not in elsewhere], ""


def promote(
    repo: Repository,
    wanted: Selector,
    commit: str | None,
    stage: str,
    message: str = "",
    *,
    force: bool = False,
) -> Request:
    """Return the wish for a promotion of what a selector names, or of the version at a commit."""

    def request(ground: Ground) -> Plan:
        version = _to_promote(read.known(repo, ground.history), wanted, commit)
        named = version == wanted.version
        plan = plans.promote(ground, version, stage, message=message, force=force, named=named)
        words = "" if commit else queries.prerelease_words(ground.history, wanted, version)
        return plan._replace(warnings=(words,)) if words else plan

    return request


def commit_of(repo: Repository, wanted: Selector, rev: str | None) -> str | None:
    """Return the commit whose version is to be promoted, where a rev and no selector says which."""
    if rev is None:
        return None
    if not wanted.plain:
        raise UsageError(
            f"{wanted} and --rev both name a version",
            hint=f"write only {wanted.artifact}, or omit --rev",
        )
    return read.commit(repo, rev)


def register_and_promote(
    repo: Repository,
    name: str,
    commit: str,
    stage: str,
    version: str | None,
    bump: Bump | None,
    message: str,
    *,
    force: bool,
    digest: Callable[[], str] | None,
    check: Callable[..., None],
) -> list[Request]:
    """Return the wishes for a promotion of a commit, and for its registration where it has none.

    It is checked first (`check_commit`); whether its annotation can be read if it has no version.
    """
    known = cache(digest) if digest else lambda: None  # planned again, it is what it was

    def registration(ground: Ground) -> Plan | None:
        present = ground.history.standing.version_at(commit)
        check(force=force or present is not None)
        if present is None:
            return register(repo, commit, version, bump, message, digest=known())(ground)
        if version and versions.normalized(version) == present:
            return None
        behind, _ = _behind(repo, ground.history, commit) if bump else (None, "")
        if version or (bump and not plans.came_by(ground.history, present, bump, behind)):
            raise UsageError(
                f"commit {commit[:12]} is already {name} {present}",
                hint="omit --version and --bump, or register it first",
            )
        return None

    def promotion(ground: Ground) -> Plan:
        found = ground.history.standing.version_at(commit)
        named = version is not None
        return plans.promote(ground, str(found), stage, message=message, force=force, named=named)

    return [registration, promotion]


def demote(repo: Repository, wanted: Selector, stage: str, message: str) -> Request:
    """Return the wish to take a version out of a stage: its holder, unless another is named."""
    if wanted.plain:
        wanted = Selector(wanted.artifact, stage=names.stage(stage))
    first: Holder | None = None

    def request(ground: Ground) -> Plan:
        nonlocal first
        history = read.known(repo, ground.history)
        if wanted.stage == stage:
            held = history.standing.current(stage)
            first = first or held
            # Planned again because others published first: the holder must not have changed.
            if held and first and held.key != first.key:
                raise _held_by_now(stage, held)
        # What a tag promoted without its being registered can be taken out all the same.
        key = wanted.version or ""
        if key not in history.standing.stages.get(stage, {}):
            found = queries.find(history, wanted)
            key = found.version or found.commit
        named = key == wanted.version
        return plans.demote(ground, key, stage, message=message, named=named)

    return request


def demote_all(repo: Repository, name: str, stage: str, message: str) -> list[Request]:
    """Return the wishes that leave nothing of an artifact in a stage.

    The holder goes last, so that nothing takes over in between.
    """
    standing = read.history(repo, name).standing
    known = [holder.key for holder in reversed(standing.holders(names.stage(stage)))]

    def demotion(key: str) -> Request:
        def request(ground: Ground) -> Plan:
            later = (it for it in ground.history.standing.holders(stage) if it.key not in known)
            if held := next(later, None):
                raise _held_by_now(stage, held)
            return plans.demote(ground, key, stage, message=message)

        return request

    def nothing_left(ground: Ground) -> Plan:
        raise plans.emptied(ground.history, stage)

    if not known:
        return [nothing_left]
    return [demotion(key) for key in known]


def _held_by_now(stage: str, held: Holder) -> Refused:
    return Refused(
        f"{stage} now holds {held.version or held.commit[:12]}, promoted by"
        f" {held.author} at {minute(held.created_at)}",
        hint="check it, then run the command again if you still want to",
    )


def rollback(repo: Repository, stage: str, message: str) -> Request:
    """Return the wish to put back what held a stage before; refused when that changes meanwhile."""
    first: Holder | None = None

    def request(ground: Ground) -> Plan:
        nonlocal first
        held = read.known(repo, ground.history).standing.current(stage)
        first = first or held
        # Planned again because others published first: what is taken back must not change.
        if held and first and held.key != first.key:
            raise _held_by_now(stage, held)
        return plans.rollback(ground, stage, message=message)

    return request


def deregister(repo: Repository, wanted: Selector, message: str, *, force: bool = False) -> Request:
    """Return the wish to end a version.

    Raises:
        UsageError: the selector is just an artifact's name.
    """
    if wanted.plain:
        name = wanted.artifact
        raise UsageError(
            f"{name} does not name a version",
            hint=f"add it: {name}@v1.2.0; to deprecate the whole artifact: mreg deprecate {name}",
        )

    def request(ground: Ground) -> Plan:
        found = queries.find(read.known(repo, ground.history), wanted)
        return plans.deregister(ground, str(found.version), message=message, force=force)

    return request


def deprecate(repo: Repository, message: str) -> Request:
    """Return the wish to mark an artifact as no longer in use."""

    def request(ground: Ground) -> Plan:
        last = read.known(repo, ground.history).timeline[-1].event
        return plans.deprecate(ground, last.commit, message=message)

    return request


def digest(
    repo: Repository, name: str, commit: str, report: Callable[[Progress], None] | None
) -> str:
    """Return the digest of what an artifact is at a commit."""
    from mreg.annotations.entry import Annotation
    from mreg.annotations.sources import Wanted
    from mreg.content import hash
    from mreg.content.sources import Origin

    where = f"{name} at {commit[:12]}"
    found = read.entries(repo, [Wanted(name, commit, where)])[0]
    if not isinstance(found, Annotation):
        why = f": {found.message}" if found else " is not annotated"
        raise NotFound(
            f"{where}{why}",
            hint=f"mreg annotate {name} --path models/..., commit the file, and register that;"
            " or omit --digest",
        )
    return hash.digest(name, found, Origin(repo, commit), report)


def _to_promote(history: History, wanted: Selector, commit: str | None) -> str:
    """Return the version that a promotion is about: at a commit, or as the selector says."""
    name = history.artifact
    if commit is None:
        found = queries.find(history, wanted)
        if found.version is None:
            raise Refused(
                f"{wanted} is a commit that is not a registered version",
                hint=f"mreg register {name} {found.commit[:12]}",
            )
        return found.version
    version = history.standing.version_at(commit)
    if version is None:
        raise NotFound(
            f"commit {commit[:12]} is not a version of {name}",
            hint="add --register to register it first",
        )
    return version
