"""Plans: from what a person wants to the tag that says so, or to the reason why not.

Everything here is decided from values; nothing is written. `mreg.store.write` carries a plan out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import get_args

from mreg.core import kinds, names, queries, refnames, tagobject, versions
from mreg.core.events import (
    DIGEST_TRAILER,
    IMPORT_TRAILER,
    NO_PREVIOUS,
    PREVIOUS_TRAILER,
    REGISTRATION_TRAILER,
    REGISTRY_TRAILER,
    ROLLBACK_TRAILER,
    VERSION_TRAILER,
    Action,
    Event,
)
from mreg.core.kinds import KINDS, TagName
from mreg.core.outcomes import Existing
from mreg.core.replay import History
from mreg.core.standing import Holder
from mreg.core.tag_names import TagNames
from mreg.core.versions import Bump
from mreg.errors import NotFound, Refused, UsageError
from mreg.render.moments import minute
from mreg.tuples import NamedTuple


class Ground(NamedTuple):
    """What a plan is made on.

    Attributes:
        history: the artifact's history.
        tags: the names of all tags in the repository, registry tags or not.
        now: the present, in seconds since 1970.
        registry: the registry's id, which its tags bear; None where it has none.
        has_stages: whether the policy names the stages that there are, and refuses others.
    """

    history: History
    tags: TagNames
    now: int
    registry: str | None = None
    has_stages: bool = False


class Plan(NamedTuple):
    """A tag to be made.

    Attributes:
        action, artifact, version, stage, tag, commit: as of the `Record` that it becomes.
        message: the message, trailers included.
        time: the tagger's time, in seconds since 1970: now, or that of the event before it where
            that lies in the future.
        warnings: what whoever wishes it should know.
    """

    action: Action
    artifact: str
    version: str | None
    stage: str | None
    tag: str
    commit: str
    message: str
    time: int
    warnings: tuple[str, ...] = ()


def register(
    ground: Ground,
    commit: str,
    *,
    version: str | None = None,
    bump: Bump | None = None,
    message: str = "",
    force: bool = False,
    digest: str | None = None,
    behind: Collection[str] | None = None,
    origin: str | None = None,
) -> Plan:
    """Plan the registration of a version at a commit.

    The "v" may be left out of the version. Without one, it follows from an active version: a patch
    up, or as `bump` says. `behind` are the versions whose commits are the commit or lead to it;
    the highest of them is followed, or the highest of all where there is none, or where they are
    not known (None). `force` allows a second version at a commit that has one; the digest of its
    bytes is recorded, if given, and so is what it was imported from, its `origin`.

    Raises:
        Existing: it is so registered already.
        UsageError: both `version` and `bump` are given.
        InvalidName: the artifact's name or the version is malformed.
        Refused: the version is taken, the commit has one, or the name collides.
    """
    if bump is not None and bump not in get_args(Bump):
        raise UsageError(f"{bump!r} is not a valid bump", hint=f"choose one of {get_args(Bump)}")
    if version is not None and bump:
        raise UsageError("--version and --bump cannot be used together")
    artifact = names.artifact(ground.history.artifact)
    standing = ground.history.standing
    _refuse_case_twin(ground, artifact)
    present = standing.version_at(commit)
    if version is None:
        history = ground.history
        if present and not force and (bump is None or came_by(history, present, bump, behind)):
            raise _registered(history, present, digest)
        wanted = next_version(history, bump, behind)
    else:
        wanted = versions.normalized(version)
    if taken := standing.active.get(wanted):
        if taken.commit == commit:
            raise _registered(ground.history, wanted, digest)
        raise Refused(
            f"{artifact} {wanted} is already registered, by {taken.author} at "
            f"{minute(taken.created_at)}, commit {taken.commit[:12]}",
            hint="choose another --version, or omit it to get the next one",
        )
    if present and not force:
        raise Refused(
            f"commit {commit[:12]} is already {artifact} {present}",
            hint="create a new commit first, or pass --force to register it a second time",
        )
    said = {DIGEST_TRAILER: digest, IMPORT_TRAILER: origin}
    trailers = {key: value for key, value in said.items() if value}
    plan = _plan(ground, "register", commit, version=wanted, message=message, trailers=trailers)
    if version is None and behind is not None:
        plan = plan._replace(warnings=tuple(_of_branch(ground.history, plan, behind)))
    return plan


def _of_branch(history: History, plan: Plan, behind: Collection[str]) -> Iterator[str]:
    """Say that a version does not follow the highest, or follows it though it is not behind."""
    highest, followed = queries.latest(history), queries.latest(history, behind)
    if highest is None or highest == followed:
        return
    if followed is None:
        yield (
            f"no version of {plan.artifact} is an ancestor of commit {plan.commit[:12]}:"
            f" {plan.version} follows {highest}, the highest"
        )
    elif versions.precedence(highest) > versions.precedence(str(plan.version)):
        yield (
            f"{plan.version} follows {followed}, the newest version among the ancestors of commit"
            f" {plan.commit[:12]}; the latest version is still {highest}"
        )
    else:
        yield (
            f"{plan.version} follows {followed}, the newest version among the ancestors of commit"
            f" {plan.commit[:12]}; {highest} is not one of them"
        )


def _registered(history: History, version: str, digest: str | None) -> Existing:
    """Return the registration of an active version, if it has the digest that is wanted of it."""
    event = history.standing.active[version]
    words = f"{history.artifact} {version} is already registered"
    if digest and (recorded := event.trailers.get(DIGEST_TRAILER)) != digest:
        raise Refused(
            f"{words}, with {f'the digest {recorded}' if recorded else 'no digest'}, but its "
            f"file has {digest}",
            hint="a recorded version does not change: commit the file, and register that commit",
        )
    return Existing(event, version, words)


def came_by(
    history: History, version: str, bump: Bump, behind: Collection[str] | None = None
) -> bool:
    """Tell whether an active version is what a bump asked for when it was registered."""
    oid = history.standing.active[version].oid
    past = next(past for past, dated in history.steps() if dated.event.oid == oid)
    try:
        return next_version(past, bump, behind) == version
    except Refused:
        return False


def next_version(
    history: History, bump: Bump | None = None, behind: Collection[str] | None = None
) -> str:
    """Return the version that an artifact's next registration gets; see `register`.

    A version that is taken on another branch is passed over. So is one that was deregistered:
    somebody may still have it.

    Raises:
        Refused: `bump` is "release" and there is no prerelease to end, or its release is taken.
    """
    current = (queries.latest(history, behind) if behind else None) or queries.latest(history)
    found = (
        versions.following(current, bump or "patch") if current else versions.FIRST[bump or "patch"]
    )
    standing = history.standing
    while found in standing.ended or found in standing.active:
        if bump == "release" and found in standing.active:
            raise Refused(
                f"{history.artifact} {found} is already registered",
                hint="choose another bump, or --version",
            )
        if bump == "release":
            raise Refused(
                f"{history.artifact} {found} was registered before, then deregistered",
                hint=f"register it again with --version {found}, or choose another bump",
            )
        found = versions.following(found, bump or "patch")
    return found


def promote(
    ground: Ground,
    version: str,
    stage: str,
    *,
    message: str = "",
    force: bool = False,
    named: bool = True,
    origin: str | None = None,
) -> Plan:
    """Plan the promotion of an active version to a stage; by force, of one that holds it already.

    What was rolled back from comes back by force, or where somebody `named` that version. What it
    was imported from, its `origin`, is recorded, if given.

    Raises:
        InvalidName: the stage's name is malformed.
        NotFound: there is no such version.
        Existing: it holds the stage already.
        Refused: it was deregistered, or rolled back from and is not named.
    """
    history = ground.history
    names.stage(stage)
    _refuse_stage_twin(ground, stage)
    registration = history.standing.active.get(version)
    if registration is None:
        raise _inactive(history, version)
    current = history.standing.current(stage)
    if current and current.version == version and not force:
        words = f"{history.artifact} {version} is already in {stage}"
        raise Existing(current.event, version, words)
    if not (named or force) and (words := queries.rolled_back(history, version, stage)):
        raise Refused(
            words,
            hint=f"run `mreg promote {history.artifact}@{version} {stage}` to restore it anyway",
        )
    trailers = {IMPORT_TRAILER: origin} if origin else {}
    return _plan(
        ground,
        "promote",
        registration.commit,
        version=version,
        stage=stage,
        message=message,
        trailers=trailers,
    )


def demote(ground: Ground, key: str, stage: str, *, message: str = "", named: bool = True) -> Plan:
    """Plan taking a version, or a bare commit by its id, out of a stage.

    Raises:
        InvalidName: the stage's name is malformed.
        Existing: it has left the stage; if nobody `named` it, the stage holds nothing.
        Refused: it is not in it, but for that.
    """
    history = ground.history
    names.stage(stage)
    leaving = history.standing.stages.get(stage, {}).get(key)
    if leaving is None:
        current = history.standing.current(stage)
        left = queries.departures(history, stage).get(key)
        if left and (named or not current):
            raise _left(history, left, key, stage)
        raise Refused(
            f"{history.artifact} {key} is not in {stage}",
            hint=f"{stage} holds {current.key}: run `mreg demote {history.artifact}#{stage} "
            f"{stage}`"
            if current
            else f"{history.artifact} has no version in {stage}",
        )
    return _plan(
        ground, "demote", leaving.commit, version=leaving.version, stage=stage, message=message
    )


def emptied(history: History, stage: str) -> Existing | NotFound:
    """Return what there is to say of a stage that holds nothing: how the last version left it."""
    left = [*queries.departures(history, stage).items()]
    if not left:
        return queries.nothing_in(history, stage)
    key, event = left[-1]
    return _left(history, event, key, stage)


def _left(history: History, event: Event, key: str, stage: str) -> Existing:
    place = f" from {stage}" if event.stage else ""
    words = f"{history.artifact} {key} was already {queries.departure(event)}{place}"
    # A rollback's own version is the one that was put back; the id of a bare commit has no "v".
    return Existing(event, key if key.startswith("v") else None, words)


def rollback(ground: Ground, stage: str, *, message: str = "") -> Plan:
    """Plan putting back the version that held a stage before its current holder did.

    Raises:
        InvalidName: the stage's name is malformed.
        NotFound: the stage is empty.
        Refused: no version held it before.
    """
    history = ground.history
    names.stage(stage)
    current = history.standing.current(stage)
    if current is None:
        raise NotFound(
            f"{history.artifact} has no version in {stage}",
            hint=f"mreg history {history.artifact} --stage {stage}",
        )
    version = queries.predecessor(history, stage)
    if version is None:
        raise _nothing_before(history, stage, current)
    bad = current.version or current.event.commit
    message = message or rollback_subject(bad, version)
    commit, trailers = history.standing.active[version].commit, {ROLLBACK_TRAILER: bad}
    return _plan(
        ground, "promote", commit, version=version, stage=stage, message=message, trailers=trailers
    )


def _nothing_before(history: History, stage: str, current: Holder) -> Refused:
    """Return the error for a stage without anything to go back to; it says where the rest is."""
    name = history.artifact
    if behind := history.standing.holders(stage)[1:]:
        version = f" --version {behind[0].version}" if behind[0].version else ""
        return Refused(
            f"{behind[0].key}, which held {stage} before, is not a registered version of {name}",
            hint=f"run `mreg register {name} {behind[0].commit[:12]}{version}`, then roll back",
        )
    emptied = f"run `mreg demote {name}#{stage}` to empty the stage"
    left = queries.departures(history, stage)
    if not left:
        message = f"no other version of {name} held {stage} before {current.key}"
        older = queries.before(history, current.key) if current.version else None
        other = f"run `mreg promote {name}@{older} {stage}` to use {older}; " if older else ""
        return Refused(message, hint=other + emptied)
    back = next((key for key in reversed(left) if key in history.standing.active), None)
    again = f"run `mreg promote {name}@{back} {stage}` to restore {back} anyway; " if back else ""
    last = [*left.items()][-_MOST_TOLD:]
    told = ", ".join(f"{key} was {queries.departure(event)}" for key, event in last)
    return Refused(
        f"no earlier version of {name} is left in {stage}: {told}",
        hint=again + emptied,
    )


_MOST_TOLD = 3


def rollback_subject(bad: str, version: str) -> str:
    """Return what a rollback, from a version or bare commit, says of itself if nobody says more."""
    return f"Roll back from {bad} to {version}"


def deregister(ground: Ground, version: str, *, message: str = "", force: bool = False) -> Plan:
    """Plan ending a version and its places in stages; by force, of one that holds a stage.

    Raises:
        NotFound: there is no such version.
        Existing: it is deregistered already.
        Refused: it holds a stage.
    """
    history = ground.history
    registration = history.standing.active.get(version)
    if registration is None:
        if ended := _end(history, version):
            words = f"{history.artifact} {version} is already deregistered"
            raise Existing(ended, version, words)
        raise _inactive(history, version)
    holds = {it: history.standing.holders(it) for it in sorted(history.standing.stages)}
    then = {it: line[1:] for it, line in holds.items() if line and line[0].version == version}
    if then and not force:
        next_ = {it: line[0].key if line else "nothing" for it, line in then.items()}
        after = (f"{it} would hold {key}" for it, key in next_.items())
        where = f"{' and '.join(then)}; without it, {', '.join(after)}"
        raise Refused(
            f"{history.artifact} {version} holds {where}",
            hint="promote another version there first, or pass --force",
        )
    return _plan(ground, "deregister", registration.commit, version=version, message=message)


def _end(history: History, version: str) -> Event | None:
    """Return the event that ended a version; None if none did, or it is active again."""
    if version not in history.standing.ended:
        return None
    events = (dated.event for dated in reversed(history.timeline))
    ends = (it for it in events if KINDS[it.action].leaves_stage and not it.stage)
    return next((it for it in ends if it.version == version), None)


def deprecate(ground: Ground, commit: str, *, message: str = "") -> Plan:
    """Plan the deprecation of an artifact; the commit that the tag points to means nothing.

    Raises:
        NotFound: there is no such artifact.
        Existing: it is deprecated already.
    """
    history = ground.history
    if not history.timeline:
        raise queries.unknown_artifact(history.artifact, ())
    if history.standing.deprecated:
        last = history.timeline[-1].event
        raise Existing(last, None, f"{history.artifact} is already deprecated")
    return _plan(ground, "deprecate", commit, message=message)


def _inactive(history: History, version: str) -> NotFound | Refused:
    """Return the error for a version that is not active."""
    if version in history.standing.ended:
        return Refused(
            f"{history.artifact} {version} was deregistered",
            hint=f"run `mreg register {history.artifact} REV --version {version}` to register it "
            "again",
        )
    if not history.timeline:
        return queries.unknown_artifact(history.artifact, ())
    return queries.unknown_version(history, version)


def _plan(
    ground: Ground,
    action: Action,
    commit: str,
    *,
    version: str | None = None,
    stage: str | None = None,
    message: str = "",
    trailers: dict[str, str] | None = None,
) -> Plan:
    """Give the event its name, its time and its words."""
    refuse_message(message)
    history = ground.history
    last = history.last
    time = max(ground.now, last.effective) if last else ground.now
    name = TagName(action, history.artifact, version if not stage else None, stage)
    if _needs_number(ground, name, commit, time):
        name = name._replace(number=_next_number(ground))
    tag = str(name)
    _refuse_name(ground, tag)
    _refuse_folder(ground, tag)
    lines = {**_bindings(ground, name, version), **(trailers or {})}
    subject = KINDS[action].subject(history.artifact, version or commit[:12], stage)
    text = tagobject.compose(subject, message, lines)
    return Plan(action, history.artifact, version, stage, tag, commit, text, time)


def _bindings(ground: Ground, name: TagName, version: str | None) -> dict[str, str]:
    """Return the trailers that say what an event is about, what it follows, and in which registry.

    A promotion names the registration that it means: a version that was registered anew since is
    another one.
    """
    history = ground.history
    lines = {VERSION_TRAILER: version} if name.stage and version else {}
    if KINDS[name.action].enters_stage and version:
        lines[REGISTRATION_TRAILER] = history.standing.active[version].oid
    newest = history.newest
    lines[PREVIOUS_TRAILER] = newest.oid if newest else NO_PREVIOUS
    if ground.registry:
        lines[REGISTRY_TRAILER] = ground.registry
    return lines


def _needs_number(ground: Ground, name: TagName, commit: str, time: int) -> bool:
    """Tell whether an event has to be numbered: docs/reference/format.md, "Numbers".

    Always for promote and demote. For the others where the plain name is taken, and where
    without a number the event would be replayed before one that it has to follow, because both
    have the same second: a deregistration before a promotion, say, or the second version of a
    commit before the first. A registration that none of them bears on keeps its plain name.
    """
    if name.stage or str(name) in ground.tags:
        return True
    last = ground.history.last
    if last is None or (time, 0, str(name)) > last[:3]:
        return False
    standing = ground.history.standing
    return (
        not KINDS[name.action].registers
        or standing.deprecated
        or name.version in standing.ended
        or standing.version_at(commit) is not None
    )


def _next_number(ground: Ground) -> int:
    """One more than the highest number on any tag of the artifact, readable or not."""
    prefix = names.in_tag(ground.history.artifact)
    numbers = (
        name.number
        for tag in ground.tags.beginning(prefix)
        if (name := kinds.parse(tag))
        if name.artifact == ground.history.artifact
    )
    return max(numbers, default=0) + 1


def refuse_message(message: str) -> None:
    """Refuse a message that would not come out of the tag as it went in."""
    if "\0" in message or any("\ud800" <= character <= "\udfff" for character in message):
        raise Refused("the message is not UTF-8 text", hint="write it in UTF-8")
    if tagobject.looks_signed(message):
        raise Refused(
            "a line of the message looks like the start of a signature, and Git would cut the "
            "message there",
            hint="indent that line",
        )


_LONGEST = 250
"""How long a part of a tag's name may be: a file's name has 255 bytes, and Git adds ".lock"."""


def refuse_length(tag: str) -> None:
    """Refuse a tag that a file system cannot hold."""
    if any(len(part) > _LONGEST for part in tag.split("/")):
        raise Refused(
            f"the name of the tag would be {len(tag)} characters long, which is too long for a "
            "file name",
            hint=f"use names of fewer than {_LONGEST} characters",
        )


def _refuse_name(ground: Ground, tag: str) -> None:
    """Refuse a tag that Git or a file system cannot hold beside the others."""
    if fault := refnames.fault(f"refs/tags/{tag}"):
        raise Refused(f"Git cannot hold the tag {tag}: {fault}", hint="choose another name")
    refuse_length(tag)
    folded = names.fold(tag)
    for other in ground.tags.alike(tag):
        if len(other) == len(tag) and other != tag and names.fold(other) == folded:
            raise Refused(
                f"the tag {tag} differs from {other} only in case, and the two collide on file "
                "systems that ignore case",
                hint="choose another name",
            )


def _refuse_folder(ground: Ground, tag: str) -> None:
    """Refuse a tag that needs another tag to be a folder, or the other way round."""
    parts = tag.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    below = ground.tags.beginning(f"{tag}/")
    clash = next((other for other in above if other in ground.tags), None) or next(below, None)
    if clash:
        raise Refused(
            f"Git cannot store the tag {tag} together with the tag {clash}: the name of one "
            "would be a folder of the other",
            hint="choose another name, or remove the other tag if nothing needs it",
        )


def _refuse_case_twin(ground: Ground, artifact: str) -> None:
    """Refuse a new artifact whose name differs from another's in case alone."""
    if ground.history.timeline:
        return
    folded = names.fold(artifact)
    prefix = names.in_tag(folded)
    for tag in ground.tags.alike(prefix):
        name = kinds.parse(tag)
        if name and name.artifact != artifact and names.fold(name.artifact) == folded:
            raise Refused(
                f"{artifact} differs from the artifact {name.artifact} only in case, and their "
                "tags collide on file systems that ignore case",
                hint=f"choose another name, or register a version of {name.artifact}",
            )


def _refuse_stage_twin(ground: Ground, stage: str) -> None:
    """Refuse a new stage of the artifact whose name differs from another's in case alone."""
    stages = ground.history.standing.stages
    for other in stages:
        if other != stage and names.fold(other) == names.fold(stage) and stage not in stages:
            raise Refused(
                f"{stage} differs from the stage {other} only in case, and their tags collide on "
                "file systems that ignore case",
                hint=f"promote to {other}",
            )
