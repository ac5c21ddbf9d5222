"""A team with keys, its registry on a real bare remote, and tags made with raw Git.

Nothing here goes through mreg but the hook: the tags are those of an attacker who writes any bytes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from commandline import CommandLine
from committing import commit
from keys import Key, make_key
from mreg.governance import hooks
from mreg.governance.hooks import Hook
from remotes import bare, clone, copied
from repositories import START, Repository, run, tag_bytes

PEOPLE = ("ann", "bob", "carl", "carl-phone", "dan", "dan-old", "mallory")
"""The keys: Carl has two, Dan's old one was revoked, and the policy does not know Mallory."""

POLICY = """\
registry: acme
signatures: required
principals:
  ann: {{emails: [ann@example.com], keys: "{ann}"}}
  bob: {{emails: [bob@example.com], keys: "{bob}"}}
  carl: {{emails: [carl@example.com], keys: ["{carl}", "{carl-phone}"]}}
  dan: {{emails: [dan@example.com], keys: ["{dan}", "{dan-old}"]}}
roles:
  managers: [dan]
  reviewers: [ann, bob, carl]
revoked: ["{dan-old}"]
register: {{by: [ann, bob]}}
stages:
  open: {{}}
  managed: {{by: [managers]}}
  after: {{from: open}}
  approved: {{approvals: 2, approvers: [reviewers]}}
  measured: {{requires: {{metrics: {{auc: ">= 0.9"}}}}}}
  better: {{requires: {{no_regression: [auc]}}}}
  described: {{requires: {{fields: [description]}}}}
  merged: {{branches: [main]}}
"""

PERMISSIVE = "registry: acme\n"
"""A policy that asks for nothing."""

VERSIONS = {
    "v1.0.0": "churn: {type: model, path: m, description: good, metrics: {auc: 0.95}}",
    "v1.1.0": "churn: {type: model, path: m, description: worse, metrics: {auc: 0.85}}",
    "v1.2.0": "churn: {type: model, path: m, metrics: {auc: 0.97}}",
    "v1.3.0": "churn: {type: model, path: m, description: wild, metrics: {auc: 0.99}}",
}
"""What the annotation says in the commit of each version; the last is of an unmerged branch."""

_LINE = re.compile(r"^remote: mreg: (?P<ref>\S+): (?P<rule>[a-z_]+): ", re.MULTILINE)


def make_keys(folder: Path) -> dict[str, Key]:
    """Make the team's keys."""
    return {name: make_key(folder / name) for name in PEOPLE}


class Push(NamedTuple):
    """What became of a push.

    Attributes:
        taken: whether Git says that all of it was.
        said: what Git and the hook said.
    """

    taken: bool
    said: str

    @property
    def broken(self) -> set[tuple[str, str]]:
        """The rules that are not kept, each with the ref."""
        return {(it["ref"], it["rule"]) for it in _LINE.finditer(self.said)}

    @property
    def rules(self) -> set[str]:
        """The rules that are not kept."""
        return {rule for _, rule in self.broken}


Copy = TypeVar("Copy", bound="Team")


class Team:
    """A team's server, and a clone in which anybody of it, or anybody else, makes tags.

    Attributes:
        server: the bare remote.
        clone: the clone.
        keys: everybody's keys.
        commits: the commit of each version.
        registrations: the tag object that registered each version.
        last: the tag object of the last event that the server took.
        now: the time of the next event, in seconds since 1970.
    """

    def __init__(self, folder: Path, keys: Mapping[str, Key]) -> None:
        self.server = Repository(folder / "server.git")
        self.clone = Repository(folder / "clone")
        self.keys = keys
        self.commits: dict[str, str] = {}
        self.registrations: dict[str, str] = {}
        self.last = "none"
        self.now = START
        self._number = 0

    @classmethod
    def founded(cls, folder: Path, keys: Mapping[str, Key]) -> Team:
        """Make a server that has a policy, and four registered versions of `churn`."""
        server = bare(folder, "server.git")
        team = cls(folder, keys)
        public = {name: key.public for name, key in keys.items()}
        commit(server, POLICY.format_map(public).encode(), at=-5000)
        for place, (version, text) in enumerate(VERSIONS.items()):
            branch = "wild" if version == "v1.3.0" else "main"
            raw = text.encode()
            start = team.commits.get("v1.2.0", "")
            team.commits[version] = commit(
                server, raw, branch=branch, at=place - 4000, file="artifacts.yaml", start=start
            )
        clone(str(server.path), team.clone.path)
        for version in VERSIONS:
            oid = team.tag(f"churn@{version}", version)
            team.registrations[version] = oid
            team.last = oid
            assert team.push({f"churn@{version}": oid}).taken
        server.git("gc", "-q")
        return team

    def joined(self, folder: Path) -> Team:
        """Return a copy in another folder."""
        return self._copied(Team(folder, self.keys), folder)

    def asked(self, folder: Path, mreg: CommandLine, patch: pytest.MonkeyPatch) -> Asked:
        """Return a copy in another folder whose pre-receive hook is run by a command line."""
        return self._copied(Asked(folder, self.keys), folder).by(mreg, patch)

    def _copied(self, found: Copy, folder: Path) -> Copy:
        folder.mkdir(exist_ok=True)
        copied(self.server, found.server.path)
        copied(self.clone, found.clone.path)
        found.clone.git("remote", "set-url", "origin", str(found.server.path))
        found.commits, found.registrations = self.commits, self.registrations
        found.last, found.now, found._number = self.last, self.now, self._number
        return found

    def install(self, hook: Hook) -> None:
        """Give the server a hook."""
        hooks.install(self.server.opened, hook)

    def restore(self, refs: Mapping[str, str]) -> None:
        """Let the server have these refs again, and no others."""
        held = self.server.refs()
        lines = [f"delete {ref}" for ref in held if ref not in refs]
        lines += [f"update {ref} {oid}" for ref, oid in refs.items() if held.get(ref) != oid]
        self.server.git("update-ref", "--stdin", stdin="".join(f"{it}\n" for it in lines).encode())

    # Making tags

    def tag(
        self,
        name: str,
        version: str = "v1.0.0",
        *,
        by: str = "ann",
        key: str | None = None,
        own_name: str = "",
        target: str = "",
        at: int | None = None,
        **trailers: str | None,
    ) -> str:
        """Make the tag object of an event as mreg would, but for what is said; return its id.

        Args:
            name: the tag's name.
            version: the version that it is about.
            by: whose e-mail address it bears.
            key: whose key signs it; the same person's if nothing is said, nobody's if it is "".
            own_name: what the object calls itself.
            target: the commit.
            at: when, in seconds since 1970.
            trailers: trailers that are to be others, or None: not there.
        """
        lines: dict[str, str | None] = {}
        if "#" in name:
            lines = {"Version": version, "Registration": self.registrations[version]}
        lines |= {"Previous": self.last, "Registry": "acme", **trailers}
        self.now += 60
        time = self.now if at is None else at
        raw = tag_bytes(
            own_name or name,
            target or self.commits[version],
            tagger=f"{by.title()} <{by}@example.com> {time} +0000",
            message=_message("An event", lines),
        )
        return self._signed(raw, by if key is None else key)

    def promotion(self, stage: str, version: str = "v1.0.0", **said: str | None) -> dict[str, str]:
        """Make a promotion, as `tag`; return the object of its tag."""
        self._number += 1
        name = f"churn#{stage}#{self._number}"
        return {name: self.tag(name, version, **said)}  # type: ignore[arg-type]

    def word(
        self,
        who: str,
        verdict: str = "approve",
        *,
        version: str = "v1.0.0",
        stage: str = "approved",
        key: str | None = None,
        previous: str = "none",
        registration: str = "",
        own_name: str = "",
        at: int | None = None,
        **trailers: str | None,
    ) -> dict[str, str]:
        """Make somebody's word on a version for a stage; return its ref's object."""
        place = f"mreg/approvals/churn@{version}/{stage}/{who}"
        registered = registration or self.registrations[version]
        lines = {"Verdict": verdict, "Registration": registered, "Registry": "acme"}
        self.now += 60
        raw = tag_bytes(
            own_name or place,
            registered if previous == "none" else previous,
            kind="tag",
            tagger=f"{who.title()} <{who}@example.com> {at or self.now} +0000",
            message=_message("A word", {**lines, "Previous": previous, **trailers}),
        )
        return {f"refs/{place}": self._signed(raw, who if key is None else key)}

    def _signed(self, raw: bytes, key: str) -> str:
        return self.clone.put_object(self.keys[key].signed(raw) if key else raw)

    # Pushing

    def push(self, refs: Mapping[str, str], *options: str, force: bool = False) -> Push:
        """Push objects to refs, by full names or those of tags; an empty id deletes."""
        mark = "+" if force else ""
        wanted = [f"{mark if oid else ''}{oid}:{ref}" for ref, oid in in_full(refs).items()]
        done = subprocess.run(
            ["git", "push", "--quiet", *options, "origin", *wanted],
            cwd=self.clone.path,
            capture_output=True,
            text=True,
            check=False,
        )
        return Push(done.returncode == 0, done.stderr)

    def takes(self, refs: Mapping[str, str], *options: str) -> None:
        """Push what the server has to take; the last of it that is an event is the next's."""
        done = self.push(refs, *options)
        assert done.taken, done.said
        held = self.server.refs()
        for ref, oid in in_full(refs).items():
            assert held.get(ref, "") == oid
            if ref.startswith("refs/tags/"):
                self.last = oid

    def refuses(self, refs: Mapping[str, str], *rules: str, force: bool = False) -> Push:
        """Push what the server has to refuse for these rules, and for no others."""
        before = self.server.refs()
        done = self.push(refs, force=force)
        assert not done.taken
        assert done.rules == set(rules), done.said
        assert self.server.refs() == before
        return done

    def change_policy(self, text: str, branch: str = "main") -> str:
        """Commit a policy in the clone; return the commit's id."""
        run(self.clone.path, "fetch", "-q", "origin")
        start = self.server.refs()[f"refs/heads/{branch}"]
        return commit(self.clone, text.encode(), branch=f"new-{branch}", start=start, at=-100)


class Asked(Team):
    """A team whose server asks its pre-receive hook in the test's own process.

    What Git hands to the hook, and what follows from its answer, is the same. Git's own part of a
    push, and the start of the hook, are left out; the objects are there already.
    """

    _mreg: CommandLine
    _patch: pytest.MonkeyPatch

    def by(self, mreg: CommandLine, patch: pytest.MonkeyPatch) -> Asked:
        """Let the hook be run by a command line."""
        self._mreg, self._patch = mreg, patch
        borrowed = self.server.path / "objects" / "info" / "alternates"
        borrowed.write_text(f"{self.clone.path / '.git' / 'objects'}\n")
        return self

    def push(self, refs: Mapping[str, str], *_: str, force: bool = False) -> Push:
        """Ask about a push of objects to refs, and let the server take what the hook lets pass."""
        held = self.server.refs()
        none = "0" * 40
        changes = [(it, held.get(it, none), oid or none) for it, oid in in_full(refs).items()]
        given = "".join(f"{old} {new} {ref}\n" for ref, old, new in changes)
        with self._patch.context() as patch:
            patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(given.encode())))
            done = self._mreg("hook", "run", "pre-receive", repo=self.server)
        if done.code == 0:
            lines = "".join(f"update {ref} {new} {old}\n" for ref, old, new in changes)
            self.server.git("update-ref", "--stdin", stdin=lines.encode())
        return Push(done.code == 0, "".join(f"remote: {it}\n" for it in done.err.splitlines()))


def in_full(refs: Mapping[str, str]) -> dict[str, str]:
    """Return objects by the full names of refs; what is no full name is a tag's."""
    return {it if it.startswith("refs/") else f"refs/tags/{it}": oid for it, oid in refs.items()}


def _message(subject: str, trailers: Mapping[str, str | None]) -> bytes:
    lines = "".join(f"{key}: {value}\n" for key, value in trailers.items() if value is not None)
    return f"{subject}\n\n{lines}".encode()
