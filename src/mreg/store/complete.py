"""The registry's state, whole: of a mirror after an update, of a clone with what it lacks.

A healthy repository is read as it is, by no more Git processes than `read.read_state` starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mreg.core import kinds, names
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.replay import State
from mreg.errors import GitError, Refused, RemoteError
from mreg.git import commits, ref_files, refs
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository
from mreg.store import read

if TYPE_CHECKING:
    from mreg.git.mirror import Mirror
    from mreg.store.answers import AnswerKind, Answers

TAGS, BRANCHES = f"{refs.PREFIX}*", "refs/heads/*"
"""All tags and all branches, to be fetched into a mirror."""

_NOT_THE_REAL_ONE = ("MR002", "MR005")
"""The problems of a tag whose object may be had from the remote."""

_OF_REGISTRIES = (f"{refs.PREFIX}*@*", f"{refs.PREFIX}*#*")
"""The tags among which a registry's are, as patterns for `git ls-remote`."""

_MOST_NAMED = 100


def read_state(repo: Repository, artifact: str | None = None) -> State:
    """Read the registry's state; of one artifact alone if it is named.

    A mirror is brought up to date first. What a shallow or tagless clone lacks is read from its
    remote, and so is a tag for which a lightweight one stands in, as some CI checkouts make it.

    Raises:
        RepositoryError: there is no usable repository.
        RemoteError: a mirror's remote cannot be asked.
        Refused: the answer could be wrong, since the remote cannot be asked.
    """
    if own := repo.mirror:
        own.update(mirror_patterns(artifact))
        return _read_mirror(repo, artifact)
    why = repo.shortage()
    state = read.read_state(repo, artifact)
    if not why and not state.histories:
        why = _why_empty(repo)
    if why:
        # Without it, what is here is all there is.
        there = _updated(repo, mirror_patterns(artifact), why)
        return _with_lent(repo, state, _read_mirror(there, artifact), why) if there else state
    unreal = _unreal(state.problems)
    return _with_real_tags(repo, artifact, state, unreal) if unreal else state


def read_answers(repo: Repository, kind: AnswerKind) -> Answers | None:
    """Return the answers of all artifacts; None where only `read_state` can tell them.

    That is so where something is lacking here, which a remote may have.

    Raises:
        RepositoryError, RemoteError: as `read_state`.
    """
    from mreg.store import answers

    if own := repo.mirror:
        own.update((TAGS,))
    elif repo.shortage():
        return None
    try:
        found = answers.read_answers(repo, kind)
    except CommandFailed:
        if own:
            return None
        raise
    if own:
        return None if any(map(read.may_pass, found.problems)) else found
    lacking = _unreal(found.problems) and _lender(repo)
    return None if lacking or not any(True for _ in found.rows()) else found


def _unreal(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return those of some problems that are of tags whose objects the remote may have."""
    return [it for it in problems if it.code in _NOT_THE_REAL_ONE and kinds.parse(it.subject)]


def refresh(repo: Repository, patterns: Sequence[str] = (TAGS,)) -> None:
    """Bring HEAD and some refs of a mirror up to date, in whose patterns `*` stands for anything.

    Any other repository stays as it is.
    """
    if own := repo.mirror:
        own.update(patterns)


@contextmanager
def at_one_moment(repo: Repository) -> Iterator[None]:
    """Bring a mirror's tags up to date, and ask for none of them again while the block lasts."""
    with repo.session.here as opened, opened.asking_once():
        refresh(repo)
        yield


def mirror_patterns(artifact: str | None) -> tuple[str, ...]:
    """Return what to fetch for an artifact, or for all; here, unlike elsewhere, `*` crosses "/"."""
    if artifact is None:
        return (TAGS,)
    start = f"{refs.PREFIX}{names.in_tag(artifact)}"
    return (f"{start}@*", f"{start}#*")


def missing(repo: Repository, oids: list[str]) -> list[str]:
    """Return those of some commits that are neither in the repository nor at its remote."""
    found = commits.missing(repo, oids)
    lender = lent(repo, (TAGS,)) if found else None
    return commits.missing(lender, found) if lender else found


def lent(repo: Repository, patterns: Sequence[str]) -> Repository | None:
    """Return the mirror from which a clone that may lack some refs gets them, brought up to date.

    In the patterns `*` stands for anything. It is None for a clone that is whole, and where there
    is no remote.

    Raises:
        Refused: the remote cannot be asked.
    """
    if repo.mirror or not (why := repo.shortage()):
        return None
    return _updated(repo, patterns, why)


def _updated(repo: Repository, patterns: Sequence[str], why: str) -> Repository | None:
    try:
        lender = _lender(repo)
        if lender is not None:
            lender.update(patterns)
    except GitError as error:
        raise _refusal(why, error) from None
    return lender.repository if lender else None


def _lender(repo: Repository) -> Mirror | None:
    # Only who needs one loads what fetches: a healthy repository is read without.
    from mreg.git import upstream

    return upstream.lender(repo)


def lacks_registry(repo: Repository) -> bool:
    """Tell whether a repository has no tag of the registry, be it that nothing was fetched yet."""
    found = ref_files.has(repo, refs.PREFIX, _is_of_registry)
    if found is None:
        return not any(kinds.parse(tag) for tag, _ in refs.list_refs(repo))
    return not found


def _is_of_registry(tag: bytes) -> bool:
    return kinds.parse(tag.decode("utf-8", "surrogateescape")) is not None


def asks_remote(repo: Repository) -> bool:
    """Tell whether a remote is asked for the registry, beside the refs that are here."""
    from mreg.git import remote

    if repo.mirror:
        return False
    return bool(repo.shortage() or (lacks_registry(repo) and remote.settings(repo).remotes))


def _tags_of_clone(repo: Repository) -> list[str] | None:
    """Return the names of the tags; None where nothing was fetched from a remote yet."""
    listed = [ref for ref, _ in refs.list_names(repo, (refs.PREFIX, "refs/remotes/"))]
    tags = [ref.removeprefix(refs.PREFIX) for ref in listed if ref.startswith(refs.PREFIX)]
    return tags if len(tags) < len(listed) else None


def _why_empty(repo: Repository) -> str:
    """Say why a repository without an event may lack some that its remote has; empty if not.

    Where other tags are here, Git has fetched what there was, and there may be no registry at all:
    then the remote is only asked whether it has one, and one that does not answer refuses nothing.
    """
    if not lacks_registry(repo) or (tags := _tags_of_clone(repo)) is None:
        return ""
    if not tags:
        return "there are no tags in this clone"
    from mreg.git import remote

    known = remote.settings(repo)
    if not known.remotes:
        return ""
    try:
        there = remote.list_refs(repo, remote.choose(known, None), _OF_REGISTRIES)
    except GitError as error:
        repo.network.notice(f"warning: cannot determine whether the remote has a registry: {error}")
        return ""
    has_one = any(kinds.parse(ref.removeprefix(refs.PREFIX)) for ref in there)
    return "there is no registry in this clone" if has_one else ""


def _read_mirror(repo: Repository, artifact: str | None) -> State:
    """Read a mirror; one that is damaged is made anew."""
    try:
        state = read.read_state(repo, artifact)
    except CommandFailed:
        state = None
    if state is None or any(map(read.may_pass, state.problems)):
        assert repo.mirror is not None
        repo.mirror.make_anew(mirror_patterns(artifact))
        state = read.read_state(repo, artifact)
    return state


def _with_real_tags(
    repo: Repository, artifact: str | None, state: State, unreal: Sequence[Diagnostic]
) -> State:
    """Replace tags that are not the real ones by those of the remote.

    Without the network, one such tag does not keep the others from being shown: it stays a
    problem. But who asks about its artifact alone would not see that.
    """
    named = [it.subject for it in unreal]
    try:
        lender = _lender(repo)
        if lender is None:
            return state
        of = {name.artifact for it in unreal if (name := kinds.parse(it.subject))}
        if not _knows(lender, named):
            lender.update(mirror_patterns(of.pop() if len(of) == 1 else None))
        there = _read_mirror(lender.repository, artifact)
        return _merged(state, there, only=named)
    except GitError as error:
        if artifact is None:
            return state
        raise _refusal(f"{unreal[0].subject}: {unreal[0].message}", error) from None


def _knows(lender: Mirror, wanted: Sequence[str]) -> bool:
    """Tell whether a mirror has seen these tags, whatever they were there."""
    if not lender.path.exists() or len(wanted) > _MOST_NAMED:
        return False
    found = refs.list_refs(lender.repository, [f"{refs.PREFIX}{tag}" for tag in wanted])
    return {tag for tag, _ in found} >= set(wanted)


def _merged(here: State, there: State, *, only: Sequence[str] | None = None) -> State:
    """Put a clone's events and its remote's together; where both have a tag, it is the clone's.

    Only some of the remote's tags may be wanted.
    """
    events = {dated.tag: dated.event for history in here for dated in history.timeline}
    lent = {
        dated.tag: dated.event
        for history in there
        for dated in history.timeline
        if dated.tag not in events and (only is None or dated.tag in only)
    }
    problems = [_healed(it) if it.subject in lent else it for it in here.problems]
    known = {*events, *(it.subject for it in here.problems)}
    problems += [it for it in there.problems if only is None and it.subject not in known]
    return State.of([*events.values(), *lent.values()], problems)


def _with_lent(repo: Repository, here: State, there: State, why: str) -> State:
    """Put a clone's events and its remote's together, and say so where the remote had more."""
    whole = _merged(here, there)
    more = _count(whole) - _count(here)
    if more:
        events = "1 event" if more == 1 else f"{more} events"
        advice = "" if repo.shortage() else "; run `mreg fetch` to fetch them"
        repo.network.notice(f"{why}: read {events} from its remote{advice}")
    return whole


def _count(state: State) -> int:
    return sum(len(history.timeline) for history in state)


def _healed(it: Diagnostic) -> Diagnostic:
    return problem("MR022", it.subject, f"{it.message}; read the remote's instead")


def _refusal(why: str, error: GitError) -> Refused:
    answer = f"{why}, and its remote cannot be asked: {error}"
    hint = error.hint if isinstance(error, RemoteError) else ""
    return Refused(answer, hint=f"git fetch --tags --unshallow, or {hint or 'try again later'}")
