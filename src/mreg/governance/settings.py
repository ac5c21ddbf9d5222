"""The policy where it is enforced: at the tip of the protected branch, and nowhere else.

See docs/adr/0014-policy.md and docs/reference/settings.md. What commands do for convenience is read
in the work tree (mreg.worktree.settings).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mreg.core.events import REGISTRY_TRAILER
from mreg.errors import GitError, NotFound, Refused
from mreg.git import branches, checkout, commits, remote
from mreg.git.branches import LOCAL, REMOTE, Branches, ChangingCommit, RootEntry
from mreg.git.repository import Repository
from mreg.policy.conveniences import FILE, FILES, GTO_FILE
from mreg.store import complete
from mreg.store.read import read_state
from mreg.tuples import NamedTuple

if TYPE_CHECKING:  # what reads settings is loaded where there are some
    from mreg.git.files import Files
    from mreg.git.readings import Readings
    from mreg.policy.file.read import SettingsReading
    from mreg.policy.model import Governing, Settings


class _Tip(NamedTuple):
    """Where policy stands, or leads from.

    Attributes:
        repo: the repository that has the commits: the one asked about, or a mirror of its remote.
        branch: the full ref of the branch; empty where a rev was named.
        commit: the id of its last commit; empty where nothing was committed yet.
        beside: what the refs of the branches beside it begin with.
        known_as: what they begin with in the repository asked about; empty: the same.
        unborn: the branch that a server's HEAD is, though it is not there; else empty.
        kept: whether the policy is kept there, at a server or its mirror: what is not there is
            gone, and not only not fetched.
    """

    repo: Repository
    branch: str
    commit: str
    beside: str = LOCAL
    known_as: str = ""
    unborn: str = ""
    kept: bool = False

    @property
    def named(self) -> str:
        """The branch's full ref in the repository asked about."""
        if not self.known_as:
            return self.branch
        return f"{self.known_as}{self.branch.removeprefix(self.beside)}"

    @property
    def shown(self) -> str:
        """The branch as people name it."""
        return _shown(self.named) or self.commit[:12]


def governing(repo: Repository, rev: str | None = None, *, enforcing: bool = False) -> Governing:
    """Return the policy that counts: that of the protected branch's tip.

    The remote is asked only where a clone does not know which branch is the remote's default.

    Args:
        repo: a folder in the repository; on a server, before anything is updated.
        rev: read the policy of this commit instead.
        enforcing: whether a push is held against it. Then which branch has it has to be settled by
            more than by which branches there are, since a push can make one.

    Raises:
        Refused: what stands there cannot be followed, or where it stands cannot be determined.
        NotFound: there is no such rev.
        GitError: there is no usable repository, or the URL that names it cannot be asked.
    """
    tip = _tip(repo, rev)
    found = _at_tip(tip, follow=rev is None)
    if enforcing and tip.unborn and found.blob:
        raise Refused(
            f"HEAD of this repository is {_shown(tip.unborn)}, a branch that does not exist: "
            "anyone who pushes it would set the policy",
            hint=f"run on the server: git symbolic-ref HEAD {tip.branch}",
        )
    if not found.blob:
        _refuse_if_lost(tip)
    return found


def existing(repo: Repository) -> Governing | None:
    """Return the policy that counts, as `governing` does; None where there is none.

    That is most repositories: nothing that a policy is made of is loaded there.
    """
    tip = _tip(repo, None)
    if _entries(tip) and (found := _at_tip(tip, follow=True)).blob:
        return found
    _refuse_if_lost(tip)
    return None


def _refuse_if_lost(tip: _Tip) -> None:
    """Refuse where no policy is because its branch is gone: one that was there is not none.

    That there was one is known by the commits that any ref still leads to, tags above all, which
    have or had a settings file; and by registry tags that bear the id of a registry.
    """
    if not tip.kept or (tip.commit and not tip.unborn):
        return
    gone = _shown(tip.unborn or tip.branch)
    if gone == "HEAD":  # a mirror's
        gone = "its default branch"
    if commit := branches.any_change(tip.repo, FILES):
        why = f"commit {commit[:12]} has or had a {FILE}"
    else:
        state = read_state(tip.repo)
        events = (it.event for history in state for it in history.timeline)
        tag = next((it.tag for it in events if REGISTRY_TRAILER in it.trailers), "")
        why = f"{tag} was made for a registry with a policy" if tag else ""
    if why:
        raise Refused(
            f"the branch with the policy was deleted: {gone} does not exist, but {why}",
            hint=f"push {gone} again, in a separate push",
        )


def _at_tip(tip: _Tip, *, follow: bool) -> Governing:
    """Return the policy of a tip, or of the branch to which it leads, if that is to be followed."""
    found = _read_at(tip)
    name = found.settings.branch
    if not follow or name is None:
        return found
    protected = _beside(tip, name)
    found = _read_at(protected)
    if not found.blob or found.settings.branch not in (None, name):
        says = f"names the branch {found.settings.branch}" if found.blob else "does not exist"
        raise Refused(
            f"{FILE} on {tip.shown} sets the policy's branch to {name}, where it {says}",
            hint=f"keep one {FILE}, on the branch {name}, with `branch: {name}` on {tip.shown}",
        )
    return found


def _read_at(tip: _Tip) -> Governing:
    """Return the policy of a branch's last commit, wherever that leads."""
    from mreg.policy.model import Governing

    entries = _entries(tip)
    if not entries:
        return Governing(branch=tip.named, commit=tip.commit)
    from mreg.annotations.text import MAX_BYTES
    from mreg.git.files import Files

    oids = {name: it.oid for name, it in entries.items()}
    with Files(tip.repo) as contents:
        raws = dict(contents.read(oids.values(), limit=MAX_BYTES))
    found = _version(ChangingCommit(0, tip.commit), oids, raws, contents.readings)
    copied = tip.branch.startswith(REMOTE)
    return Governing(found.settings(tip.shown, copied=copied), tip.named, tip.commit, found.blob)


def _entries(tip: _Tip) -> Mapping[str, RootEntry]:
    """Return what a branch's last commit has where settings stand.

    Raises:
        Refused: something there is no file.
    """
    if not tip.commit:
        return {}
    if own := tip.repo.mirror:
        own.fetch_trees([tip.commit])
    # Not asked of `Files`, to which a file that was lost is one that never was.
    entries = branches.entries_at(tip.repo, tip.commit, FILES)
    for name in entries:
        if what := entries[name].fault:
            raise Refused(
                f"{name} on {tip.shown} cannot be used: it is {what}, not a file",
                hint=f"replace it with a plain file on {tip.shown}",
            )
    return entries


def _beside(tip: _Tip, name: str) -> _Tip:
    """Return the branch of a name beside a branch."""
    ref = f"{tip.beside}{name}"
    complete.refresh(tip.repo, (ref,))
    try:
        return tip._replace(branch=ref, commit=commits.resolve(tip.repo, ref))
    except NotFound:
        raise Refused(
            f"{FILE} on {tip.shown} sets the policy's branch to {name}, which is not in this clone",
            hint=f"fetch the branch {name}, or fix `branch:` in {FILE} on {tip.shown}",
        ) from None


# Which branch


def _tip(repo: Repository, rev: str | None) -> _Tip:
    """Return the default branch's tip, or the commit that was named."""
    if rev is not None:
        complete.refresh(repo, (complete.BRANCHES, complete.TAGS))
        return _Tip(repo, "", commits.resolve(repo, rev))
    if repo.mirror:
        return _of_mirror(repo)
    known = branches.read(repo)
    ref = _default(known)
    if ref is None:
        return _asked(repo, known)
    beside = LOCAL if ref.startswith(LOCAL) else f"{REMOTE}{known.remote}/"
    if beside == LOCAL and known.remote and not known.bare:
        _tell_if_unfetched(repo, known.remote)
    unborn = known.current if known.bare and ref != known.current else ""
    return _Tip(repo, ref, known.tips.get(ref, ""), beside, unborn=unborn, kept=known.bare)


def _tell_if_unfetched(repo: Repository, name: str) -> None:
    """Say that the policy of a remote was not looked at, if the remote was talked to before.

    So it is in a clone of what was empty then: `mreg fetch` brings tags, and no branch.
    """
    from mreg.store.seen import Seen

    if Seen(repo, remote.choose(remote.settings(repo), name)).read():
        repo.network.notice(
            f"warning: no branch of {name} was fetched, so mreg uses the policy of your own "
            f"branches: run git fetch {name}; if {name} has no branch yet, push one"
        )


def _of_mirror(repo: Repository) -> _Tip:
    complete.refresh(repo, ())
    try:
        return _Tip(repo, "HEAD", commits.resolve(repo, "HEAD"))
    except NotFound:  # HEAD is a branch that does not exist, as of a server where nobody set it
        complete.refresh(repo, (complete.BRANCHES,))
    known = branches.read(repo)
    ref = _own_default(known)
    if ref is None:
        raise Refused(
            "cannot determine which branch has the policy: the remote's HEAD is a branch that"
            " does not exist",
            hint="run on the server: git symbolic-ref HEAD refs/heads/main; or pass a commit "
            "with --policy REV",
        )
    unborn = known.current if ref != known.current else ""
    return _Tip(repo, ref, known.tips.get(ref, ""), unborn=unborn, kept=True)


def _default(known: Branches) -> str | None:
    """Return the full ref of the default branch; None if what is here does not tell.

    A server's is its HEAD. A clone's is the remote's: what refs/remotes/REMOTE/HEAD says, or the
    one of `main` and `master` that is there, or the only branch that is known. Where no remote's
    branch is known, it is a branch of the repository itself.
    """
    theirs = f"{REMOTE}{known.remote}/"
    if known.bare or not known.remote or (known.current and not known.under(theirs)):
        return _own_default(known)
    if (link := known.links.get(f"{theirs}HEAD")) in known.tips:
        return link
    usual = _usual(known, theirs)
    return usual or (_only(known, theirs) if known.current else None)


def _own_default(known: Branches) -> str | None:
    """Return the default branch among a repository's own: HEAD's of a server, else by its name."""
    if known.bare and known.current in known.tips:
        return known.current
    usual = _usual(known, LOCAL) or (not known.bare and known.current) or _only(known, LOCAL)
    return usual or (None if known.under(LOCAL) else known.current or None)


def _usual(known: Branches, prefix: str) -> str | None:
    there = [ref for it in ("main", "master") if (ref := f"{prefix}{it}") in known.tips]
    return there[0] if len(there) == 1 else None


def _only(known: Branches, prefix: str) -> str | None:
    there = known.under(prefix)
    return there[0] if len(there) == 1 else None


def _asked(repo: Repository, known: Branches) -> _Tip:
    """Return the tip of the default branch of the remote, as the remote itself has it."""
    from mreg.git import upstream  # and with it all that fetches

    why = ""
    try:
        lender = upstream.lender(repo) if known.remote else None
        if lender is not None:
            return _of_mirror(lender.repository)._replace(known_as=f"{REMOTE}{known.remote}/")
    except GitError as error:
        why = f": {error}"
    hint = f"git remote set-head {known.remote} --auto" if known.remote else "git switch main"
    raise Refused(
        f"cannot determine which branch has the policy{why}",
        hint=f"{hint}, or pass a commit with --policy REV",
    )


def _shown(ref: str) -> str:
    return ref.removeprefix(LOCAL).removeprefix(REMOTE)


# What a file says


class _Version(NamedTuple):
    """The settings file of one commit that counts, if there is one; and its bytes, if Git has them.

    `readings` is what was read of the repository's files before.
    """

    change: ChangingCommit = ChangingCommit(0, "")
    file: str = ""
    blob: str = ""
    raw: bytes | None = None
    readings: Readings | None = None

    def settings(self, where: str, *, copied: bool = False) -> Settings:
        """Return what the file says; nothing is asked for where there is none.

        Where it stands, and whether that is a copy, is as for `followed`.
        """
        if not self.file:
            from mreg.policy.model import Settings

            return Settings()
        if self.raw is None:
            raise Refused(
                f"cannot read {self.file} on {where}: Git does not have the object {self.blob}",
                hint="run `git fsck` to list damaged objects",
            )
        from mreg.policy.file import read as reading  # and with it all that YAML takes

        read = reading.read_gto if self.file == GTO_FILE else reading.read
        return followed(read(self.raw, readings=self.readings), self.file, where, copied=copied)


def _read(changes: Iterable[ChangingCommit], contents: Files) -> list[_Version]:
    """Return the settings files of commits, each blob read once."""
    from mreg.annotations.text import MAX_BYTES

    wanted = list(changes)
    found = contents.find((it.commit, name) for it in wanted for name in FILES)
    raws = dict(contents.read(filter(None, found.values()), limit=MAX_BYTES))
    oids = [{name: found[it.commit, name] or "" for name in FILES} for it in wanted]
    return [
        _version(change, named, raws, contents.readings)
        for change, named in zip(wanted, oids, strict=True)
    ]


def _version(
    change: ChangingCommit,
    oids: Mapping[str, str],
    raws: Mapping[str, bytes | None],
    readings: Readings,
) -> _Version:
    """Return the file that counts among those that a commit has."""
    file = next((name for name in FILES if oids.get(name)), None)
    if file is None:
        return _Version(change)
    return _Version(change, file, oids[file], raws[oids[file]], readings)


def followed(read: SettingsReading, file: str, where: str, *, copied: bool = False) -> Settings:
    """Return settings that were read, if nothing in them is an error.

    Args:
        read: what was read.
        file: the file.
        where: where it stands, as people call it.
        copied: whether that is a clone's copy of a remote's branch, which may be old.

    Raises:
        Refused: something is.
    """
    if not read.errors:
        return read.settings
    first, *others = read.errors
    more = f" (and {len(others)} more error{'s' * (len(others) > 1)})" if others else ""
    advice = f"; {first.hint}" if first.hint else ""
    line = f"line {first.location.line}"
    again = f"if {where} has changed since, run `git fetch`; otherwise " if copied else ""
    raise Refused(
        f"{file} on {where} cannot be used: {line}: {first.message}{more}",
        hint=f"{again}fix {file} on {where}, {line}{advice};"
        " run `mreg validate` to list every problem",
    )


# Policy over time


class Policies:
    """The policies of a protected branch, from the first to the one that counts now.

    Attributes:
        now: the one that counts.
    """

    def __init__(
        self, now: Governing, versions: Iterable[_Version], where: str, since: int | None
    ) -> None:
        self.now = now
        self._versions = list(versions)
        self._where = where
        self._since = since
        self._known: dict[str, Governing] = {}
        self._always = False

    @classmethod
    def of_one(cls, governing: Governing) -> Policies:
        """Return what counts where one policy does at any time."""
        found = cls(governing, (), "", None)
        found._always = True
        return found

    def at(self, time: int) -> Governing:
        """Return the policy that was in force at a time.

        It is that of the newest commit, among those of the branch's first-parent line that changed
        it, whose committer's time is not after it. Before the first there was none.

        Args:
            time: seconds since 1970.

        Raises:
            Refused: it cannot be followed, or the clone is too shallow to know it.
        """
        if self._always:
            return self.now
        if self._since is not None and time < self._since:
            raise Refused(
                f"cannot determine the policy of {self._where} at that time in this shallow clone",
                hint="git fetch --unshallow",
            )
        found = next((it for it in self._versions if it.change.time <= time), _Version())
        oid = found.change.commit
        if oid not in self._known:
            settings = found.settings(f"{self._where} at {oid[:12]}")
            self._known[oid] = self.now._replace(settings=settings, commit=oid, blob=found.blob)
        return self._known[oid]


def over_time(repo: Repository, rev: str | None = None) -> Policies:
    """Return the policies of the protected branch over time; otherwise as `governing`.

    The number of Git processes does not depend on how many there were, nor on what is asked.
    """
    from mreg.git.files import Files

    tip = _tip(repo, rev)
    with Files(tip.repo) as contents:
        now = _at_tip(tip, follow=rev is None)
        if not now.blob:
            _refuse_if_lost(tip)
        history = _history(tip.repo, now.commit)
        since = None
        if now.commit and checkout.is_shallow(tip.repo):
            since = branches.changes(tip.repo, now.commit)[-1].time
        where = _shown(now.branch) or now.commit[:12]
        return Policies(now, _read(history, contents), where, since)


def _history(repo: Repository, tip: str) -> list[ChangingCommit]:
    """Return the commits of a first-parent line that changed the settings, the newest first."""
    if not tip:
        return []
    if own := repo.mirror:
        own.fetch_trees(it.commit for it in branches.changes(repo, tip))
    return branches.changes(repo, tip, FILES)
