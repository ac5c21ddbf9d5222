"""Sequences drawn by a fixed seed, and the repositories in which they really happen."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from committing import commit
from keys import Key
from model import plain as model
from model.by_hand import file_of, message, table, tag_of
from model.plain import ATTEMPTS, WORDS, Attempt, State, subject
from model.policies import FACTS, POLICIES, Policy
from model.walk import LENGTH, STARTS
from remotes import bare, copied
from repositories import START, Repository, tag_bytes
from team import Push

SEED = 2026


class Drawn(NamedTuple):
    """A sequence; what was refused in it before the last is left out, as it leaves nothing.

    Attributes:
        artifact: what it is about: each is about an artifact of its own.
        taken: what was taken before the last.
        last: the last.
        broken: the rules that the last breaks, by the model.
    """

    artifact: str
    taken: tuple[Attempt, ...]
    last: Attempt
    broken: frozenset[str]

    @property
    def state(self) -> State:
        """What there is before the last."""
        return model.state(self.taken)


def draw(policy: str, count: int, *, words: bool) -> list[Drawn]:
    """Draw sequences whose last is a word, or none: of each outcome that a policy knows as many.

    Drawn without regard to that, most would be refused as nothing is registered yet.
    """
    random = Random(f"{SEED} {policy} {words}")
    outcomes: dict[str, list[Drawn]] = {}
    for number in range(_POOL):
        it = _drawn(policy, f"{'word' if words else 'event'}-{number}", random, words=words)
        outcomes.setdefault(" ".join(sorted(it.broken)) or it.last.action, []).append(it)
    in_turn = chain.from_iterable(zip_longest(*(outcomes[it] for it in sorted(outcomes))))
    return [it for it in in_turn if it][:count]


_POOL = 3000


def _drawn(policy: str, artifact: str, random: Random, *, words: bool) -> Drawn:
    taken = random.choice([*STARTS.values()])
    for it in random.choices(ATTEMPTS, k=LENGTH - 1):
        if not model.broken(POLICIES[policy], model.state(taken), it):
            taken = (*taken, it)
    last = random.choice([it for it in ATTEMPTS if (it.action in WORDS) is words])
    broken = model.broken(POLICIES[policy], model.state(taken), last)
    return Drawn(artifact, taken, last, frozenset(broken))


class Made(NamedTuple):
    """A sequence's last attempt as it is pushed.

    Attributes:
        drawn: the sequence.
        ref: the full ref.
        old: what the ref holds before; zeros if nothing.
        oid: the object.
    """

    drawn: Drawn
    ref: str
    old: str
    oid: str

    @property
    def tag(self) -> str:
        """The tag's name; the full ref of what is none, as a hook says it."""
        return self.ref.removeprefix("refs/tags/")


class Place:
    """A policy's repository, in which each of some sequences has come to its last attempt.

    Attributes:
        author: where everybody's objects are made, and pushed from.
        server: what has all but the lasts; no hook is there.
        made: the lasts.
    """

    def __init__(
        self, folder: Path, policy: Policy, drawn: Sequence[Drawn], keys: Mapping[str, Key]
    ) -> None:
        self._policy = policy
        self._keys = keys
        self._folder = folder
        self.author = bare(folder, "author.git")
        self._commits = self._found(drawn)
        self._refs: dict[str, str] = {}
        ready = [(it, _Thread(self, it.artifact, it.taken)) for it in drawn]
        lines = "".join(f"update {ref} {oid}\n" for ref, oid in self._refs.items())
        self.author.git("update-ref", "--stdin", stdin=lines.encode())
        self.server = self.copy("server.git")
        self.made = [thread.tried(it) for it, thread in ready]

    def copy(self, name: str) -> Repository:
        """Return a copy of what there is before the lasts, in a repository of its own."""
        source = self.author if not hasattr(self, "server") else self.server
        return copied(source, self._folder / name)

    def push(self, to: Repository, made: Iterable[Made]) -> Push:
        """Push lasts to a repository."""
        wanted = [f"{it.oid}:{it.ref}" for it in made]
        done = subprocess.run(
            ["git", "push", "--quiet", str(to.path), *wanted],
            cwd=self.author.path,
            capture_output=True,
            text=True,
            check=False,
        )
        return Push(done.returncode == 0, done.stderr)

    def _found(self, drawn: Sequence[Drawn]) -> dict[str, str]:
        """Commit the policy and the versions; return the versions' commits."""
        keys = {who: key.public for who, key in self._keys.items()}
        start = commit(self.author, file_of(self._policy, keys), at=-5000)
        found = {}
        for version, facts in FACTS.items():
            said = {it.artifact: _annotation(it.artifact, facts) for it in drawn}
            found[version] = commit(
                self.author,
                json.dumps(said).encode(),
                branch=facts["branch"],
                at=-4000,
                file="artifacts.yaml",
                start=start,
            )
        return found

    # What a thread asks

    def commit_of(self, version: str) -> str:
        """Return a version's commit."""
        return self._commits[version]

    def held(self, ref: str) -> str:
        """Return what a ref holds; nothing if it is not there."""
        return self._refs.get(ref, "")

    def hold(self, ref: str, oid: str) -> None:
        """Let a ref hold an object."""
        self._refs[ref] = oid

    def put(self, raw: bytes, who: str) -> str:
        """Write the tag object that somebody made, signed if that is asked for; return its id."""
        if self._policy.get("signatures") == "required":
            raw = self._keys[who].signed(raw)
        return self.author.put_object(raw)

    def place_of(self, artifact: str, it: Attempt) -> str:
        """Return the ref of a word: a principal's, or where there is none an address's."""
        who = it.who if self._policy["principals"] else f"{it.who}@example.com"
        return f"refs/mreg/approvals/{artifact}@{it.version}/{it.stage}/{who}"


class _Thread:
    """One artifact's attempts, made one after the other with raw Git."""

    def __init__(self, place: Place, artifact: str, taken: Iterable[Attempt]) -> None:
        self._place = place
        self._artifact = artifact
        self._taken: list[Attempt] = []
        self._events: list[str] = []
        self._registrations: dict[str, str] = {}
        for it in taken:
            ref, oid = self._make(it)
            place.hold(ref, oid)
            self._note(it, oid)

    def tried(self, drawn: Drawn) -> Made:
        """Make the last attempt."""
        ref, oid = self._make(drawn.last)
        return Made(drawn, ref, self._place.held(ref) or "0" * 40, oid)

    def _note(self, it: Attempt, oid: str) -> None:
        self._taken.append(it)
        if it.action not in WORDS:
            self._events.append(oid)
        if it.action == "register":
            self._registrations[it.version] = oid

    def _make(self, it: Attempt) -> tuple[str, str]:
        """Make the object of an attempt; return its ref and its id."""
        return self._word(it) if it.action in WORDS else self._event(it)

    def _event(self, it: Attempt) -> tuple[str, str]:
        now = model.state(self._taken)
        version = subject(now, it)
        plain = it.action == "register" and version not in now.registered
        name = tag_of(self._artifact, it, version, 0 if plain else len(self._events) + 1)
        previous = self._events[-1] if self._events else "none"
        said = message(it, now, self._registrations.get(version, ""), previous)
        target = self._place.commit_of(version)
        raw = tag_bytes(name, target, tagger=self._tagger(it.who), message=said.encode())
        return f"refs/tags/{name}", self._place.put(raw, it.who)

    def _word(self, it: Attempt) -> tuple[str, str]:
        ref = self._place.place_of(self._artifact, it)
        before = self._place.held(ref)
        # Of what is not registered nobody can say anything: there is no tag object to point to.
        registration = self._registrations.get(it.version, self._place.commit_of(it.version))
        said = (
            f"A word\n\nVerdict: {it.action}\nRegistration: {registration}\n"
            f"Registry: acme\nPrevious: {before or 'none'}\n"
        )
        raw = tag_bytes(
            ref.removeprefix("refs/"),
            before or registration,
            kind="tag" if it.version in self._registrations else "commit",
            tagger=self._tagger(it.who),
            message=said.encode(),
        )
        return ref, self._place.put(raw, it.who)

    def _tagger(self, who: str) -> str:
        at = START + 60 * len(self._taken)
        return f"{who.title()} <{who}@example.com> {at} +0000"


def _annotation(artifact: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "type": facts["type"],
        "owner": facts["owner"],
        "metrics": {"auc": facts["auc"]},
        "inputs": [{"artifact": f"{artifact}@{it}"} for it in facts["inputs"]],
        "schema": {"input": table(facts["takes"])},
    }
    return {key: value for key, value in found.items() if value}
