"""What nobody may do, as a table: each attack is put to both hooks, and refused for its rules.

Real objects and keys; `stand.py` says what of a push is left out. What may be done stands in
`test_flow_table.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from committing import commit
from mreg import Registry
from mreg.errors import Refused
from stand import Stand
from team import PERMISSIVE

Refs = Mapping[str, str]
Make = Callable[[Stand], Refs]


class Attack(NamedTuple):
    """What somebody tries, and for which rules it is refused; by the update hook, if others."""

    make: Make
    rules: set[str]
    alone: set[str] | None = None


ATTACKS: dict[str, Attack] = {}


def attack(name: str, make: Make, *rules: str, alone: set[str] | None = None) -> None:
    assert name not in ATTACKS, name
    ATTACKS[name] = Attack(make, set(rules), alone)


# The five kinds of event, each as a way to make one with a fault


class Kind(NamedTuple):
    name: str
    by: str
    registering: bool


KINDS = {
    "promote": Kind("churn#open#{}", "ann", False),
    "demote": Kind("churn#open!#{}", "ann", False),
    "register": Kind("churn@v9.0.0#{}", "ann", True),
    "deregister": Kind("churn@v1.3.0!#{}", "ann", True),
    "deprecate": Kind("churn@deprecated#{}", "ann", True),
}


def event(t: Stand, kind: str, **said: object) -> dict[str, str]:
    t._number += 1
    name = KINDS[kind].name.format(t._number)
    version = "v1.3.0" if kind == "deregister" else "v1.0.0"
    return {name: t.tag(name, version, **{"by": KINDS[kind].by, **said})}  # type: ignore[arg-type]


def with_fault(kind: str, said: Mapping[str, object]) -> Make:
    return lambda t: event(t, kind, **said)


def ahead() -> int:
    return int(time.time()) + 4000


FAULTS: dict[str, tuple[Mapping[str, object], str]] = {
    "unsigned": ({"key": ""}, "signature"),
    "of an unknown key": ({"key": "mallory"}, "signature"),
    "of a revoked key": ({"key": "dan-old"}, "signature"),
    "of another registry": ({"Registry": "other"}, "registry"),
    "of no registry": ({"Registry": None}, "registry"),
    "after nothing": ({"Previous": "none"}, "previous"),
    "after what is not there": ({"Previous": "1" * 40}, "previous"),
    "after what it does not say": ({"Previous": None}, "previous"),
    "with another name": ({"own_name": "churn#managed#77"}, "name"),
    "of the past": ({"at": 1_600_000_000}, "date"),
    "of the future": ({"at": ahead()}, "date"),
}
for kind, (_, _, registering) in KINDS.items():
    for fault, (said, rule) in FAULTS.items():
        wanted = {rule, "by"} if rule == "signature" and registering else {rule}
        attack(f"a {kind} {fault}", with_fault(kind, said), *wanted)
    if registering:
        attack(f"a {kind} by who may not", with_fault(kind, {"by": "carl"}), "by")
        attack(f"a {kind} by the address of who may", with_fault(kind, {"key": "dan"}), "by")


# Who may


def promoted(stage: str, version: str = "v1.0.0", **said: object) -> Make:
    return lambda t: t.promotion(stage, version, **said)  # type: ignore[arg-type]


def named(name: str, version: str = "v1.0.0", **said: object) -> Make:
    return lambda t: {name: t.tag(name, version, **said)}  # type: ignore[arg-type]


attack("a promotion by who may not", promoted("managed"), "by")
attack("a promotion by the address of who may", promoted("managed", by="dan", key="bob"), "by")
attack("a demotion by who may not", named("churn#managed!#5"), "by")
attack("an unsigned one of who may", promoted("managed", by="dan", key=""), "signature", "by")
attack("one of who may, by a lost key", promoted("managed", key="dan-old"), "signature", "by")


def deregistered_in_a_stage(t: Stand) -> Refs:
    t.put(made := t.promotion("managed", by="dan"))
    (t.last,) = made.values()
    name = f"churn@v1.0.0!#{t._number + 1}"
    return {name: t.tag(name)}


attack("a version taken out of a stage by deregistering it", deregistered_in_a_stage, "by")


# What the tag is


def holding(name: str, of: Callable[[Stand], str]) -> Make:
    return lambda t: {name: of(t)}


def a_commit(t: Stand) -> str:
    return t.commits["v1.0.0"]


def a_tree(t: Stand) -> str:
    return t.server.git("rev-parse", f"{a_commit(t)}^{{tree}}").strip()


def a_blob(t: Stand) -> str:
    return t.server.git("rev-parse", "main:.mreg.yaml").strip()


def an_event(t: Stand) -> str:
    return t.registrations["v1.1.0"]


NAMES = {
    "a registration": "new@v1.0.0",
    "a promotion": "churn#open#7",
    "a demotion": "churn#open!#7",
    "a deprecation": "churn@deprecated",
    "a deregistration": "churn@v1.0.0!",
}
for what, name in NAMES.items():
    attack(f"{what} that is a commit", holding(name, a_commit), "kind")
    attack(f"{what} that is a blob", holding(name, a_blob), "kind")
    attack(f"{what} that is another's object", holding(name, an_event), "name")


def odd(name: str, **changes: object) -> Make:
    return lambda t: {name: t.odd(name, **changes)}  # type: ignore[arg-type]


attack("a tag on a tree", lambda t: {"churn#open#7": a_tree(t)}, "kind")
attack(
    "a signed tag on a tree",
    lambda t: {"churn#open#7": t.odd("churn#open#7", target=a_tree(t), kind="tree")},
    "kind",
)
attack("a tag by nobody", odd("churn#open#7", tagger=None), "kind")
attack("a tag without a date", odd("churn#open#7", tagger="Ann <ann@example.com>"), "kind")
attack(
    "a date beyond the calendar", odd("churn#open#7", tagger="Ann <a@b.c> 9000000000000 +0"), "kind"
)
attack("a tag of more than a tag may have", odd("churn#open#7", message=b"x" * (1 << 20)), "size")


def upon_a_large_one(t: Stand) -> Refs:
    large = t.odd("large", message=b"x" * (1 << 20))
    return {"churn#open#7": t.odd("churn#open#7", target=large, kind="tag")}


attack("a tag upon one of more than a tag may have", upon_a_large_one, "size")


def behind_its_signature(t: Stand) -> Refs:
    raw = t.server.git("cat-file", "tag", event(t, "promote")[f"churn#open#{t._number}"]).encode()
    return {f"churn#open#{t._number}": t.server.put_object(raw + b"and more\n")}


def with_two_signatures(t: Stand) -> Refs:
    (oid,) = event(t, "promote", key="mallory").values()
    raw = t.server.git("cat-file", "tag", oid).encode()
    return {f"churn#open#{t._number}": t.server.put_object(t.keys["ann"].signed(raw))}


def changed_after_it_was_signed(t: Stand) -> Refs:
    (oid,) = event(t, "promote").values()
    raw = t.server.git("cat-file", "tag", oid).replace("An event", "No event").encode()
    return {f"churn#open#{t._number}": t.server.put_object(raw)}


attack("text behind the signature", behind_its_signature, "signature")
attack("a signature over another's", with_two_signatures, "signature")
attack("a text that nobody signed", changed_after_it_was_signed, "signature")


def other_registration(t: Stand) -> Refs:
    return t.promotion("open", Registration=t.registrations["v1.1.0"])


def other_commit(t: Stand) -> Refs:
    return t.promotion("open", target=t.commits["v1.1.0"])


attack("a promotion of another registration", other_registration, "registration")
attack("a promotion of no registration", promoted("open", Registration=None), "registration")
attack("a promotion of another commit", other_commit, "registration")
attack("a promotion of another version", promoted("open", Version="v1.1.0"), "registration")
attack("a version that is taken", named("churn@v1.0.0#9", "v1.1.0"), "registration")
attack("a promotion of what is no version", promoted("open", Version="v7.7.7"), "registration")
attack("a number that is given out", named("churn#open#1"), "number")
attack("a demotion whose number is given out", named("churn#better!#1"), "number")
attack("a number that leaps", named("churn#open#5000"), "number")
attack("the last number that there is", named(f"churn#open#{10**18 - 1}"), "number")
attack("a registration whose number leaps", named("churn@v9.0.0#5000"), "number")


def replayed(t: Stand) -> Refs:
    t.put(made := t.promotion("open"))
    (oid,) = made.values()
    return {"churn#open#500": oid}


attack("a promotion again, by another number", replayed, "name")


# Refs that are there


def deleted(ref: str) -> Make:
    def make(t: Stand) -> Refs:
        t.put(t.word("bob"))
        t.put({"refs/mreg/last/churn#": t.last})
        return {ref: ""}

    return make


BOB = "refs/mreg/approvals/churn@v1.0.0/approved/bob"
LAST = "refs/mreg/last/churn#"
for ref in ("churn@v1.0.0", "churn#better#1", "data#open#1", BOB, LAST):
    attack(f"the deletion of {ref}", deleted(ref), "delete")
for ref in ("churn@v1.0.0", "churn#better#1", "data@v2.0.0"):
    attack(f"a move of {ref}", named(ref), "move")
    attack(f"a move of {ref} to another event", holding(ref, an_event), "move")
    attack(f"a move of {ref} to a commit", holding(ref, a_commit), "move")

attack("the last event that is none", holding(LAST, a_commit), "previous")
attack("the last event that is not the last", holding(LAST, an_event), "previous")
attack(
    "the last event of an artifact that has none", holding(f"{LAST[:-6]}x#", an_event), "previous"
)
for ref in (
    *(
        "refs/mreg/other",
        "refs/mreg/last/churn",
        "refs/mreg/last/churn#/x",
    ),
    *("refs/mreg/approvals/churn@v1.0.0", "refs/mreg/approvals/churn@v1.0.0/approved"),
    *("refs/mreg/approvals/churn@v1.0/approved/bob", "refs/mreg/approvals/churn#open#2/open/bob"),
):
    attack(f"a ref {ref}", holding(ref, an_event), "name")

# Refs in others' way

for ref in (
    *(
        "churn@v9.0.0/x",
        "churn#open#1/x/y",
        "churn@deprecated/x",
        "churn@v1.0.0!/x",
        "data#eu/x#1/x",
    ),
    *("churn@V9.0.0", "churn@DEPRECATED", "CHURN@V9.0.0"),
    *("refs/mreg", "refs/tags", "refs/heads", "refs/MREG/approvals/x", "refs/Mreg/x"),
    *("refs/Tags/churn#open#3", "refs/TAGS/churn@v1.0.0", "refs/Heads/main"),
):
    attack(f"a ref in the way: {ref}", holding(ref, a_commit), "name")

attack("a promotion above a stage", named("churn#eu"), "name")
attack("a demoted stage's name in another case", named("churn#Open#7"), "stage")
attack("an artifact in another case", named("Churn@v9.0.0", Previous="none"), "name")
attack("another artifact in another case", named("DATA@v9.0.0", Previous="none"), "name")


# Words


def word(who: str = "bob", verdict: str = "approve", **said: object) -> Make:
    return lambda t: t.word(who, verdict, **said)  # type: ignore[arg-type]


WORD_FAULTS: dict[str, Mapping[str, object]] = {
    "unsigned": {"key": ""},
    "of an unknown key": {"key": "mallory"},
    "of a revoked key": {"key": "dan-old"},
    "of somebody else": {"key": "carl"},
    "of another registry": {"Registry": "other"},
    "of no registry": {"Registry": None},
    "of no registration": {"Registration": None},
    "after nothing that is there": {"previous": "1" * 40},
    "with another name": {"own_name": "mreg/approvals/churn@v1.1.0/approved/bob"},
    "of the future": {"at": ahead()},
    "of another version's registration": {"Registration": "1" * 40},
}
for verdict in ("approve", "reject"):
    for fault, said in WORD_FAULTS.items():
        attack(f"a word to {verdict} {fault}", word("bob", verdict, **said), "approvals")
for stage in ("nowhere", "Approved", "approved/bob", "eu/bob", "approve"):
    attack(f"a word on the stage {stage}", word(stage=stage), "stage")
attack("a word without a verdict", word(Verdict=None), "approvals")
attack("a word with another verdict", word(verdict="maybe"), "approvals")
attack("a word of who is nobody", word("mallory"), "approvals")
attack("a word of who is nobody, by a key of somebody", word("eve", key="bob"), "approvals")
attack(
    "a word on a version that is not there",
    lambda t: t.word("bob", version="v8.0.0", registration=t.registrations["v1.0.0"]),
    "approvals",
)
attack("a word that is a commit", holding(BOB, a_commit), "approvals")
attack("a word that is a registration", holding(BOB, an_event), "approvals")
attack("a word that is a blob", holding(BOB, a_blob), "approvals")
attack(
    "a word on another stage under this one's name",
    lambda t: {BOB: next(iter(t.word("bob", stage="open").values()))},
    "approvals",
)


def said_before(*verdicts: str) -> Callable[[Stand], list[str]]:
    def say(t: Stand) -> list[str]:
        oids = ["none"]
        for verdict in verdicts:
            made = t.word("bob", verdict, previous=oids[-1])
            oids += made.values()
            t.put(made)
        return oids

    return say


def after(*verdicts: str, make: Callable[[Stand, list[str]], Refs]) -> Make:
    return lambda t: make(t, said_before(*verdicts)(t))


attack(
    "a rejection covered by somebody else",
    after("reject", make=lambda t, said: t.word("bob", key="carl", previous=said[-1])),
    "approvals",
)
attack(
    "a rejection replaced by a first word",
    after("reject", make=lambda t, said: t.word("bob")),
    "approvals",
)
attack(
    "a rejection taken back by the word before it",
    after("approve", "reject", make=lambda t, said: {BOB: said[1]}),
    "approvals",
)
attack(
    "a word that passes over the one before it",
    after("approve", "reject", make=lambda t, said: t.word("bob", previous=said[1])),
    "approvals",
)
attack("a word removed", after("reject", make=lambda t, said: {BOB: ""}), "delete")


def promoted_after(*words: Make, **said: object) -> Make:
    def make(t: Stand) -> Refs:
        for it in words:
            t.put(it(t))
        return t.promotion("approved", **{"by": "dan", **said})  # type: ignore[arg-type]

    return make


bob, carl, ann = word("bob"), word("carl"), word("ann")
attack("nobody's approval", promoted_after(), "approvals")
attack("one approval of two", promoted_after(bob), "approvals")
attack("one person's, twice", promoted_after(carl, by="dan"), "approvals")
attack("that of who registered it", promoted_after(ann, bob), "approvals")
attack("that of who promotes it", promoted_after(bob, carl, by="carl"), "approvals")
attack("that of who is no reviewer", promoted_after(bob, word("dan"), by="carl"), "approvals")
attack("that for another version", promoted_after(bob, word("carl", version="v1.1.0")), "approvals")
attack("that for another stage", promoted_after(bob, word("carl", stage="open")), "approvals")
attack(
    "approvals dated long after their promotion, which no later judgement could count",
    lambda t: {
        **t.promotion("approved", by="dan"),
        **t.word("bob", at=t.now + 1000),
        **t.word("carl", at=t.now + 1000),
    },
    "approvals",
)
attack("enough, and a rejection", promoted_after(bob, carl, word("ann", "reject")), "reject")
attack(
    "a rejection covered where no hook was",
    promoted_after(bob, carl, word("ann", "reject"), word("ann", key="mallory")),
    "reject",
)
attack(
    "an approval by a revoked key, where no hook was",
    promoted_after(bob, word("carl", key="dan-old")),
    *("reject", "approvals"),
)
attack(
    "a word that came with its promotion, unsigned",
    lambda t: {**t.word("bob"), **t.word("carl", key=""), **t.promotion("approved", by="dan")},
    *("approvals", "reject"),
    alone={"approvals"},
)


# What the version is

CONTENT = {
    ("open", "v2.0.0"): {"type"},
    ("open", "v2.1.0"): {"type"},
    ("open", "v2.10.0"): {"type"},
    ("open", "v2.12.0"): {"type"},
    ("open", "v2.14.0"): {"type"},
    ("fed", "v2.2.0"): {"inputs"},
    ("fed", "v2.3.0"): {"inputs"},
    ("fed", "v2.4.0"): {"inputs"},
    ("fed", "v2.5.0"): {"inputs"},
    ("fed", "v2.6.0"): {"inputs"},
    ("fed", "v2.11.0"): {"inputs"},
    ("fed", "v2.12.0"): {"type", "inputs"},
    ("fed", "v2.16.0"): {"inputs"},
    ("fed", "v2.18.0"): {"inputs"},
    ("fed", "v2.19.0"): {"inputs"},
    ("measured", "v1.1.0"): {"metrics"},
    ("measured", "v2.7.0"): {"metrics"},
    ("measured", "v2.8.0"): {"metrics"},
    ("measured", "v2.9.0"): {"metrics"},
    ("measured", "v2.10.0"): {"type", "metrics"},
    ("measured", "v2.11.0"): {"metrics"},
    ("measured", "v2.13.0"): {"metrics"},
    ("measured", "v2.17.0"): {"metrics"},
    ("measured", "v2.21.0"): {"metrics"},
    ("measured", "v2.22.0"): {"metrics"},
    ("measured", "v2.23.0"): {"metrics"},
    ("better", "v1.1.0"): {"no_regression"},
    ("better", "v2.7.0"): {"no_regression"},
    ("better", "v2.9.0"): {"no_regression"},
    ("better", "v2.11.0"): {"no_regression"},
    ("better", "v2.21.0"): {"no_regression"},
    ("described", "v1.2.0"): {"fields"},
    ("described", "v2.13.0"): {"fields"},
    ("described", "v2.17.0"): {"fields"},
    ("described", "v2.21.0"): {"fields"},
    ("described", "v2.12.0"): {"type", "fields"},
}
for (stage, version), broken in CONTENT.items():
    attack(f"{version} to {stage}", promoted(stage, version), *broken)


def bare_input_demoted(t: Stand) -> Refs:
    """What it was made from held the stage when it was registered, and does not any more."""
    at, before = t.commits["v1.1.0"], t.others["data"]
    held = t.tag("data#open#2", target=at, Previous=before, Version=None, Registration=None)
    named = b"churn: {inputs: [{artifact: 'data#open'}]}"
    start = t.commits["v1.2.0"]
    t.commits["v9.0.0"] = commit(
        t.server, named, branch="fed", at=-2000, file="artifacts.yaml", start=start
    )
    t.last = t.registrations["v9.0.0"] = t.tag("churn@v9.0.0", "v9.0.0")
    gone = t.tag("data#open!#3", target=at, Previous=held, Version=None, Registration=None)
    t.put({"data#open#2": held, "churn@v9.0.0": t.last, "data#open!#3": gone})
    return t.promotion("fed", "v9.0.0")


attack("an input that was in its stage, as a bare commit", bare_input_demoted, "inputs")


# What the stage asks for


def held(stage: str, version: str, make: Make) -> Make:
    def made(t: Stand) -> Refs:
        t.put(placed := t.promotion(stage, version))
        (t.last,) = placed.values()
        return make(t)

    return made


attack("a stage that is not there", promoted("elsewhere"), "stage")
attack("a skipped stage", promoted("after"), "from")
attack("a stage that another has passed", held("open", "v1.1.0", promoted("after")), "from")
attack("a stage with room for one", held("sole", "v1.1.0", promoted("sole")), "exclusive")
for version in ("v1.0.0", "v2.10.0", "v2.25.0", "v2.26.0"):
    broken = {"type", "schema"} if version == "v2.10.0" else {"schema"}
    attack(
        f"{version} for callers", held("called", "v2.24.0", promoted("called", version)), *broken
    )
attack("a branch that nobody reviewed", promoted("merged", "v1.3.0"), "branches")
attack("a rollback that is none", promoted("better", "v1.1.0", Rollback="v1.2.0"), "no_regression")
attack("a rollback of itself", promoted("better", "v1.1.0", Rollback="v1.0.0"), "no_regression")
attack(
    "a bare commit to a stage that asks",
    lambda t: t.promotion(
        "measured", Version=None, Registration=None, target=t.refs["refs/heads/main"]
    ),
    "registered",
)


# Which policy counts


def committed(t: Stand, text: str, branch: str) -> str:
    """Return a commit on a branch, of which the server's ref stays as it was."""
    start = t.refs.get(f"refs/heads/{branch}", "")
    made = commit(t.server, text.encode(), branch=f"new-{t._number}", start=start, at=-100)
    t.server.git("update-ref", "-d", f"refs/heads/new-{t._number}")
    return made


def with_its_own_policy(branch: str, text: str) -> Make:
    def make(t: Stand) -> Refs:
        return {f"refs/heads/{branch}": committed(t, text, branch), **t.promotion("managed")}

    return make


attack("a policy that comes with its event", with_its_own_policy("main", PERMISSIVE), "by")
attack("a policy on another branch", with_its_own_policy("wild", PERMISSIVE), "by")
attack("a branch that says it has the policy", with_its_own_policy("wild", "branch: wild\n"), "by")
attack("a policy on a branch like HEAD", with_its_own_policy("HEAD", PERMISSIVE), "by")


def where(change: Callable[[Stand], None], make: Make) -> Make:
    def made(t: Stand) -> Refs:
        change(t)
        return make(t)

    return made


BRANCHES = ("main", "wild", "lab")


def without(*names: str) -> Callable[[Stand], None]:
    return lambda t: t.put({f"refs/heads/{it}": "" for it in names})


def only_without_policy(t: Stand) -> None:
    """The policy's branch is gone, and one without a file is there, whose history is another."""
    without(*BRANCHES)(t)
    t.put({"refs/heads/other": commit(t.server, b"x", branch="root", file="x")})
    t.put({"refs/heads/root": ""})


def with_policy(text: str) -> Callable[[Stand], None]:
    return lambda t: t.put({"refs/heads/main": committed(t, text, "main")})


attack(
    "an event when the last branch is deleted",
    where(without(*BRANCHES), promoted("open")),
    "policy",
)
attack("a registration when it is", where(without(*BRANCHES), named("churn@v9.0.0")), "policy")
attack("a word when it is", where(without(*BRANCHES), word()), "policy")
attack(
    "an event when the policy's branch is deleted",
    where(without("main"), promoted("open")),
    "policy",
)
attack(
    "an event beside a branch without one", where(only_without_policy, promoted("open")), "policy"
)
attack(
    "an event and a new branch",
    where(without(*BRANCHES), with_its_own_policy("main", PERMISSIVE)),
    "policy",
)
attack(
    "an event under a broken policy", where(with_policy("stges: []\n"), promoted("open")), "policy"
)
attack("a word under a broken policy", where(with_policy("stges: []\n"), word()), "policy")
attack(
    "a deletion under a broken one",
    where(with_policy("- x\n"), lambda t: {"churn@v1.0.0": ""}),
    "policy",
)
attack(
    "an event under one that leads nowhere",
    where(with_policy("branch: gone\n"), promoted("open")),
    "policy",
)


@pytest.mark.parametrize("name", ATTACKS)
def test_both_hooks_refuse(name: str, stand: Stand) -> None:
    found = ATTACKS[name]
    refs = found.make(stand)
    assert stand.at_once(refs) == found.rules
    assert stand.one_by_one(refs) == (found.rules if found.alone is None else found.alone)


@pytest.mark.parametrize("names", [("main",), BRANCHES])
def test_a_lost_policy_is_none_for_nobody(names: tuple[str, ...], stand: Stand) -> None:
    """What the hooks refuse then, `verify`, `audit`, `pending` and `policy check` do not answer."""
    without(*names)(stand)
    registry = Registry.open(stand.server.path)
    for ask in (
        lambda: registry.verify(["churn@v1.0.0"]),
        registry.audit,
        registry.pending,
        lambda: registry.check_policy("churn@v1.0.0", "open"),
    ):
        with pytest.raises(Refused, match="branch"):
            ask()


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) >= 150
