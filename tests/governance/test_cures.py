"""Every refusal of the policy names a cure; here each is typed, and what was refused is done."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from commandline import CommandLine
from committing import commit
from keys import Key
from mreg.policy.gates import TAG_RULES
from repositories import START, Maker, Repository, Tag, tag_bytes
from source import modules

PEOPLE = """\
principals:
  ann: {emails: [ann@example.com]}
  bob: {emails: [bob@example.com]}
"""
CAROL = "  carol: {emails: [carol@example.com]}\n"


class Desk:
    """A repository at which several people sit, one after the other.

    Attributes:
        repo: the repository.
        hints: what the last refusal advised, by rule.
    """

    def __init__(
        self, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.repo = repo
        self.hints: dict[str, str] = {}
        self._mreg = mreg
        self._patch = monkeypatch
        self._now = START + 1000

    def sit(self, who: str) -> None:
        """Let somebody be the one who types."""
        self._now += 60
        for part in ("AUTHOR", "COMMITTER"):
            self._patch.setenv(f"GIT_{part}_NAME", who.title())
            self._patch.setenv(f"GIT_{part}_EMAIL", f"{who}@example.com")
            self._patch.setenv(f"GIT_{part}_DATE", f"{self._now} +0000")

    def types(self, words: str, who: str = "ann") -> None:
        """Type a command that has to do what it says."""
        self.sit(who)
        program, *arguments = words.format(self.repo.commits[0][:12]).split()
        if program == "git":
            self.repo.git(*arguments)
        else:
            self._mreg.ok(*arguments, repo=self.repo)

    def is_refused(self, words: str, who: str = "ann") -> None:
        """Type a command that the policy refuses; keep what it advises."""
        self.sit(who)
        done = self._mreg(*words.split()[1:], repo=self.repo)
        assert done.code == 1, done.out
        self.hints, rule = {}, ""
        for line in done.err.splitlines():
            if found := re.match(r"  ([a-z_]+): ", line):
                rule = found[1]
            elif line.startswith("    -> "):
                self.hints[rule] = line[7:]
            elif line.startswith(" " * 7):
                self.hints[rule] += f" {line[7:]}"

    def is_judged(self, tag: str) -> dict[str, str]:
        """Return what the policy has against a recorded tag: the advice, by rule."""
        found = self._mreg("verify", tag, "--json", repo=self.repo).json["events"][0]
        return {it["rule"]: it["hint"] for it in found["rulings"] if not it["passed"]}

    def policy(self, text: str) -> None:
        """Commit a policy, as anybody would who edits the file."""
        self._now += 60
        commit(self.repo, text.encode(), at=self._now - START)
        self.repo.git("reset", "-q", "--hard")

    def annotate(self, text: str, branch: str = "main") -> None:
        """Commit an annotation."""
        self._now += 60
        head = self.repo.git("rev-parse", "HEAD").strip()
        commit(
            self.repo, text.encode(), at=self._now - START, branch=branch,
            file="artifacts.yaml", start=head,
        )  # fmt: skip
        self.repo.git("reset", "-q", "--hard")


PROMOTE = "mreg promote churn@v1.0.0 prod"


class Cure(NamedTuple):
    """A refusal, and the way out of it.

    Attributes:
        stages: the policy's `stages:`, and what else it says behind it.
        rule: the rule that is not kept.
        hint: what it has to advise; `{0}` is the beginning of the first commit's id.
        cured: does what the hint says, as a person would read it.
        before: what was done before.
        asked: what is refused; and by whom.
        again: who repeats it, if anybody has to; with another command, if it is another.
    """

    stages: str
    rule: str
    hint: str
    cured: Callable[[Desk], None]
    before: Callable[[Desk], None] = lambda _: None
    asked: tuple[str, str] = (PROMOTE, "ann")
    again: tuple[str, str] | None = (PROMOTE, "ann")


def typed(*steps: str) -> Callable[[Desk], None]:
    """Return what types commands: "bob: mreg approve ..."."""

    def done(desk: Desk) -> None:
        for step in steps:
            who, _, words = step.partition(": ")
            desk.types(words, who)

    return done


def says(policy: str) -> Callable[[Desk], None]:
    return lambda desk: desk.policy(policy)


def both(*parts: Callable[[Desk], None]) -> Callable[[Desk], None]:
    def done(desk: Desk) -> None:
        for part in parts:
            part(desk)

    return done


def takes(kind: str, version: str) -> Callable[[Desk], None]:
    """Return what registers a version that takes a table with one column of a type."""
    rows = f"{{type: object, properties: {{age: {{type: {kind}}}}}}}"
    said = f"churn: {{path: m, schema: {{input: {{type: array, items: {rows}}}}}}}"
    return both(
        lambda desk: desk.annotate(said), typed(f"ann: mreg register churn --version {version}")
    )


APPROVE = "mreg approve churn@v1.0.0 prod"
SECOND = "mreg promote churn@v1.1.0 prod"
ANEW = "then run `mreg register churn` to create a new version"
ANNOTATE = f"add it to artifacts.yaml (`mreg annotate`), commit it; {ANEW}"
BETTER = "promote a better version (`mreg show churn` lists them), or change .mreg.yaml"
SAME = "promote a version that accepts and returns the same as v1.1.0, or change .mreg.yaml"


def better(desk: Desk) -> None:
    desk.annotate("churn: {type: model, path: m, metrics: {auc: 0.95}}")
    desk.types("mreg register churn --version v1.1.0")


def held_by_better(desk: Desk) -> None:
    """Let prod hold a version that is better than v1.0.0."""
    desk.annotate("churn: {type: model, path: m, metrics: {auc: 0.9}}")
    desk.types("mreg register churn --version v0.9.0")
    desk.types("mreg promote churn@v0.9.0 prod")


CURES = {
    "a stage that is misspelled": Cure(
        "stages: {prod: {}}", "stage", "did you mean prod?", typed(),
        asked=("mreg promote churn@v1.0.0 prd", "ann"),
    ),
    "a stage that the policy lacks": Cure(
        "stages: {dev: {}}", "stage", "add it to `stages` in .mreg.yaml",
        says(f"{PEOPLE}stages: {{dev: {{}}, prod: {{}}}}"),
    ),
    "a stage before it": Cure(
        "stages: {dev: {}, prod: {from: dev}}", "from", "mreg promote churn@v1.0.0 dev",
        typed("ann: mreg promote churn@v1.0.0 dev"),
    ),
    "who may not": Cure(
        "stages: {prod: {by: [bob]}}", "by", "ask bob", typed(), again=(PROMOTE, "bob")
    ),
    "somebody unknown": Cure(
        "stages: {prod: {by: [bob]}}", "by", "ask bob", typed(),
        asked=(PROMOTE, "eve"), again=(PROMOTE, "bob"),
    ),
    "a role of nobody": Cure(
        "roles: {chiefs: []}\nstages: {prod: {by: [chiefs]}}", "by", "add who may to .mreg.yaml",
        says(f"{PEOPLE}stages: {{prod: {{by: [ann]}}}}"),
    ),
    "an approval": Cure(
        "stages: {prod: {approvals: 1}}", "approvals", f"{APPROVE}, by bob",
        typed(f"bob: {APPROVE}"),
    ),
    "two approvals": Cure(
        f"{CAROL}stages: {{prod: {{approvals: 2}}}}", "approvals", f"{APPROVE}, by bob and carol",
        typed(f"bob: {APPROVE}", f"carol: {APPROVE}"),
    ),
    "two approvals of many": Cure(
        f"{CAROL}  dan: {{emails: [dan@example.com]}}\nstages: {{prod: {{approvals: 2}}}}",
        "approvals", f"{APPROVE}, by 2 of bob, carol, dan",
        typed(f"bob: {APPROVE}", f"dan: {APPROVE}"),
    ),
    "the approver promotes, of two people": Cure(
        "stages: {prod: {approvals: 1}}", "approvals", f"{PROMOTE}, by ann",
        typed(f"ann: {PROMOTE}"), before=typed(f"bob: {APPROVE}"),
        asked=(PROMOTE, "bob"), again=None,
    ),
    "the only approver wants to promote": Cure(
        "stages: {prod: {approvals: 1}}", "approvals", f"{APPROVE}, by bob; then {PROMOTE}, by ann",
        typed(f"bob: {APPROVE}", f"ann: {PROMOTE}"), asked=(PROMOTE, "bob"), again=None,
    ),
    "an approver asks, and another may promote": Cure(
        f"{CAROL}stages: {{prod: {{approvals: 2, approvers: [bob, carol], by: [ann]}}}}",
        "approvals", f"{APPROVE}, by bob and carol",
        typed(f"bob: {APPROVE}", f"carol: {APPROVE}"), asked=(PROMOTE, "bob"),
    ),
    "too few people": Cure(
        "stages: {prod: {approvals: 2}}", "approvals",
        f"{APPROVE}: only bob may; add more in .mreg.yaml",
        both(says(f"{PEOPLE}{CAROL}stages: {{prod: {{approvals: 2}}}}"),
             typed(f"bob: {APPROVE}", f"carol: {APPROVE}")),
    ),
    "a rejection": Cure(
        "stages: {prod: {approvals: 1}}", "reject", f"{APPROVE}, by bob, withdraws the rejection",
        typed(f"bob: {APPROVE}"), before=typed("bob: mreg reject churn@v1.0.0 prod -m No"),
    ),
    "a rejection by who made it": Cure(
        "stages: {prod: {approvals: 1}}", "reject", f"{APPROVE}, by ann, withdraws the rejection",
        typed(f"ann: {APPROVE}", f"bob: {APPROVE}"),
        before=typed("ann: mreg reject churn@v1.0.0 prod -m No"),
    ),
    "a stage for one version": Cure(
        "stages: {prod: {exclusive: true}}", "exclusive", "mreg demote churn@v1.0.0 prod",
        typed("ann: mreg demote churn@v1.0.0 prod"),
        before=both(better, typed(f"ann: {PROMOTE}")), asked=(SECOND, "ann"), again=(SECOND, "ann"),
    ),
    "a stage for one version, and a bare commit in it": Cure(
        "stages: {prod: {exclusive: true}}", "exclusive",
        f"mreg demote churn prod --all; {PROMOTE}",
        typed("ann: mreg demote churn prod --all"),
        before=typed("ann: git tag -a churn#prod#1 -m Bare HEAD"),
    ),
    "a commit of another branch": Cure(
        "stages: {prod: {branches: [release]}}", "branches",
        "merge it into release and push that branch first; then git fetch",
        typed("ann: git branch release {0}"),
    ),
    "a type": Cure(
        "types: [model]\nstages: {prod: {}}", "type",
        f"run `mreg annotate churn --type TYPE --commit`; {ANEW}",
        typed("ann: mreg annotate churn --type model --commit", "ann: mreg register churn",
              "ann: mreg promote churn prod"),
        again=None,
    ),
    "a field": Cure(
        "stages: {prod: {requires: {fields: [description]}}}", "fields", ANNOTATE,
        typed("ann: mreg annotate churn --description Good --commit", "ann: mreg register churn",
              "ann: mreg promote churn prod"), again=None,
    ),
    "a metric that is missing": Cure(
        "stages: {prod: {requires: {metrics: {f1: '> 0.1'}}}}", "metrics", ANNOTATE,
        typed("ann: mreg annotate churn --metric f1=0.5 --commit", "ann: mreg register churn",
              "ann: mreg promote churn prod"), again=None,
    ),
    "a metric that is too low": Cure(
        "stages: {prod: {requires: {metrics: {auc: '>= 0.9'}}}}", "metrics", BETTER, better,
        again=(SECOND, "ann"),
    ),
    "a metric that got worse": Cure(
        "stages: {prod: {requires: {no_regression: [auc]}}}", "no_regression", BETTER,
        better, before=held_by_better, again=(SECOND, "ann"),
    ),
    "a schema that breaks callers": Cure(
        "stages: {prod: {schema: compatible}}", "schema",
        f"run `mreg diff churn#prod churn@v1.2.0` to see the changes; {SAME}",
        both(takes("integer", "v1.3.0"), typed("ann: mreg promote churn@v1.3.0 prod")),
        before=both(takes("integer", "v1.1.0"), typed(f"ann: {SECOND}"), takes("string", "v1.2.0")),
        asked=("mreg promote churn@v1.2.0 prod", "ann"), again=None,
    ),
    "a schema that nobody captured": Cure(
        "stages: {prod: {schema: compatible}}", "schema",
        "record the schema: call mreg.log_artifact(..., model=MODEL, example=ROWS) in the "
        "training, or "
        f"run `mreg annotate churn --example FILE`; commit it; {ANEW}",
        both(takes("integer", "v1.2.0"), typed("ann: mreg promote churn@v1.2.0 prod")),
        before=both(takes("integer", "v1.1.0"), typed(f"ann: {SECOND}")), again=None,
    ),
    "an input that does not hold the stage": Cure(
        "stages: {prod: {requires: {inputs: prod}}}", "inputs", "mreg promote raw@v0.0.1 prod",
        typed("ann: mreg promote raw@v0.0.1 prod"),
        before=both(
            lambda desk: desk.annotate(
                "churn: {path: m, inputs: [{artifact: raw@v0.0.1}]}\nraw: {path: m}"
            ),
            typed("ann: mreg register raw", "ann: mreg register churn --version v1.1.0"),
        ),
        asked=(SECOND, "ann"), again=(SECOND, "ann"),
    ),
}  # fmt: skip


@pytest.fixture
def desk(make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Desk:
    said = b"churn: {type: dataset, path: m, metrics: {auc: 0.5}}\n"
    repo = make_repository(
        [Tag("churn@v1.0.0"), Tag("raw#dev#1", 0, 60)],
        commits=[{"artifacts.yaml": said, "m": b"m"}],
    )
    repo.git("reset", "-q", "--hard")
    return Desk(repo, mreg, monkeypatch)


@pytest.mark.parametrize("name", CURES)
def test_what_a_refusal_advises_helps_when_it_is_typed(name: str, desk: Desk) -> None:
    it, first = CURES[name], desk.repo.commits[0]
    desk.policy(PEOPLE + it.stages)
    it.before(desk)
    desk.is_refused(*it.asked)
    assert desk.hints[it.rule] == it.hint.format(first[:12])
    it.cured(desk)
    if it.again:
        desk.types(*it.again)


REMAKE = "delete the tag if it is not published, and create it with mreg"


class ByHand(NamedTuple):
    """A tag that was made by hand, and is not as the policy wants it.

    Attributes:
        rule: the rule that it breaks.
        tag: its ref, and what it calls itself.
        trailers: what its message says, of what mreg would have said; `{0}` is a registration's id.
        time: its date, in seconds since `START`.
        hint: what is advised.
        again: what makes it with mreg.
    """

    rule: str
    tag: tuple[str, str] = ("churn#prod#2", "churn#prod#2")
    trailers: str = "Version: v1.0.0\nRegistration: {0}\nPrevious: {1}\nRegistry: acme\n"
    time: int = 5000
    hint: str = REMAKE
    again: tuple[str, ...] = (PROMOTE,)


BY_HAND = [
    ByHand(
        "kind",
        ("churn#prod#2", ""),
        hint="git fetch --force origin refs/tags/'churn#prod#2':refs/tags/'churn#prod#2' if the "
        "annotated tag was pushed; otherwise, if it was meant for the registry, delete it and "
        "use mreg",
    ),
    ByHand(
        "name",
        ("churn#prod#2", "churn#dev#2"),
        hint="delete the ref: it is a copy, not an event of its own",
    ),
    ByHand("registry", trailers="Version: v1.0.0\nRegistration: {0}\nPrevious: {1}\n"),
    ByHand("registration", trailers="Version: v1.0.0\nPrevious: {1}\nRegistry: acme\n"),
    ByHand(
        "previous",
        trailers="Version: v1.0.0\nRegistration: {0}\nRegistry: acme\n",
        hint=f"run `mreg verify --tampering` to list missing tags; otherwise {REMAKE}",
    ),
    ByHand("number", ("churn#prod#1", "churn#prod#1")),
    ByHand("date", time=30),
    ByHand(
        "registered",
        ("raw#prod#2", "raw#prod#2"),
        "Previous: {2}\nRegistry: acme\n",
        hint="mreg register raw {3}",
        again=("mreg register raw {3}", "mreg promote raw@v0.0.1 prod"),
    ),
]


@pytest.mark.parametrize("it", BY_HAND, ids=lambda it: it.rule)
def test_what_is_advised_of_a_tag_that_was_made_by_hand_helps(it: ByHand, desk: Desk) -> None:
    desk.policy(f"registry: acme\n{PEOPLE}stages: {{dev: {{}}, prod: {{branches: [main]}}}}")
    desk.types("mreg promote churn@v1.0.0 dev")  # churn#dev#1
    refs, first = desk.repo.refs(), desk.repo.commits[0]
    names = ("churn@v1.0.0", "churn#dev#1", "raw#dev#1")
    ids = (*(refs[f"refs/tags/{name}"] for name in names), first[:12])
    ref, named = it.tag
    if named:
        said = f"By hand\n\n{it.trailers.format(*ids)}".encode()
        tagger = f"Ann Example <ann@example.com> {START + it.time} +0000"
        desk.repo.put_tag(ref, tag_bytes(named, first, tagger=tagger, message=said))
    else:
        desk.repo.put_ref(ref, first)
    assert desk.is_judged(ref)[it.rule] == it.hint.format(*ids)
    desk.types(f"git tag -d {ref}")
    for words in it.again:
        desk.types(words.format(*ids))
    last = max(desk.repo.refs().items() - refs.items(), key=lambda made: "#" in made[0])
    assert desk.is_judged(last[0].removeprefix("refs/tags/")) == {}


def test_each_rule_of_the_policy_is_among_them() -> None:
    rules = {
        node.args[0].value
        for module in ("mreg.policy.gates", "mreg.policy.requirements", "mreg.policy.compatibility")
        for node in ast.walk(modules()[module])
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Ruling"
        and isinstance(node.args[0], ast.Constant)
    }
    tried = {it.rule for it in CURES.values()} | {it.rule for it in BY_HAND} | {"signature"}
    assert tried == rules | set(TAG_RULES)


def test_a_key_that_the_policy_knows_makes_signed_what_was_not(
    desk: Desk, people: dict[str, Key]
) -> None:
    key = people["ann"]
    desk.policy(
        "registry: acme\nsignatures: required\nstages: {prod: {}}\n"
        f"principals: {{ann: {{emails: [ann@example.com], keys: '{key.public}'}}}}"
    )
    for setting in ("tag.gpgSign true", "gpg.format ssh"):
        desk.types(f"git config {setting}")
    desk.types(f"git config user.signingKey {people['mallory'].file}.pub")
    desk.is_refused(PROMOTE)
    commands = desk.hints["signature"].partition(": ")[2].split("; ")
    for words in commands:
        desk.types(words.replace("KEY.pub", f"{key.file}.pub"))
    desk.types(PROMOTE)
