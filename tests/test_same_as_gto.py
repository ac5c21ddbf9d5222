"""The same registry read by GTO and by mreg, and the differences that are meant."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from hypothesis import assume, given

import random_registries
from mreg.core import kinds, refnames
from mreg.core.versions import Bump
from mreg.errors import NotFound, Refused
from mreg.registry import Registry
from repositories import START, Lightweight, Maker, SetClock, Tag
from strategies import almost_tag, tag_name
from views import View, agree, by_gto, by_mreg

pytestmark = pytest.mark.integration

ACTIONS = {
    "register": "register",
    "deregister": "deregister",
    "assign": "promote",
    "unassign": "demote",
    "deprecate": "deprecate",
}


class Difference(NamedTuple):
    """Something that GTO and mreg read differently, on purpose.

    Attributes:
        reason: why mreg reads it differently.
        tags: the least registry that shows it.
    """

    reason: str
    tags: list[Tag | Lightweight]


INTENDED = {
    "two events of one second": Difference(
        "GTO orders them as Git lists them, by name: #10 comes before #9",
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@v2.0.0", 1, 1),
            Tag("churn#prod#9", 0, 5),
            Tag("churn#prod#10", 1, 5),
        ],
    ),
    "a clock that was behind": Difference(
        "the numbers are a logical clock: whoever made #2 had seen #1",
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@v2.0.0", 1, 1),
            Tag("churn#prod#1", 0, 100),
            Tag("churn#prod#2", 1, 50),
        ],
    ),
    "two versions at a commit, one of them in a stage": Difference(
        "GTO's commands all fail",
        [Tag("churn@v1.0.0", 0, 0), Tag("churn@v2.0.0", 0, 1), Tag("churn#prod#1", 0, 2)],
    ),
    "a trailer that names the version": Difference(
        "GTO knows no trailers: it takes the version at the commit",
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@v2.0.0", 1, 1),
            Tag("churn#prod#1", 0, 2, "Promote\n\nVersion: v2.0.0"),
        ],
    ),
    "a bare commit that is demoted": Difference(
        "GTO makes a new version of the commit for each event, so that it stays in the stage",
        [Tag("churn#prod#1", 0, 0), Tag("churn#prod!#2", 0, 1)],
    ),
    "a promotion at the commit of a deregistered version": Difference(
        "GTO counts it for the deregistered version and shows nothing in the stage",
        [Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.0.0!", 0, 1), Tag("churn#prod#1", 0, 2)],
    ),
    "a version registered again": Difference(
        "GTO puts it back in the stages that it lost when it was deregistered",
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn#prod#1", 0, 1),
            Tag("churn@v1.0.0!", 0, 2),
            Tag("churn@v1.0.0#2", 0, 3),
        ],
    ),
    "a rollback, and then a demotion": Difference(
        "GTO knows no rollback: what was rolled back from is in the stage again",
        [
            Tag("churn@v1.0.0", 0, 0),
            Tag("churn@v2.0.0", 1, 1),
            Tag("churn#prod#1", 0, 2),
            Tag("churn#prod#2", 1, 3),
            Tag("churn#prod#3", 0, 4, "Back\n\nVersion: v1.0.0\nRollback: v2.0.0"),
            Tag("churn#prod!#4", 0, 5),
        ],
    ),
    "a version registered at another commit too": Difference(
        "GTO lists it twice; the last registration counts",
        [Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.0.0#1", 1, 1)],
    ),
    "a deregistration at another commit": Difference(
        "GTO ends nothing; the version in the tag's name is what is meant",
        [Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.0.0!", 1, 1)],
    ),
    "the number 0, or leading zeros": Difference(
        "no tool writes them, and two spellings of a number would be two tags of one event",
        [Tag("churn@v1.0.0", 0, 0), Tag("churn#prod#0", 0, 1), Tag("churn#prod#01", 0, 2)],
    ),
    "a directory that begins with a hyphen": Difference(
        "typed on a command line it would be an option",
        [Tag("-models=churn@v1.0.0", 0, 0)],
    ),
    "messages that mreg wrote": Difference(
        "the subject and the trailers are mreg's own: the message is what the person said",
        [Tag("churn@v1.0.0", 0, 0, "Register churn v1.0.0\n\nfirst try\n\nPrevious: none")],
    ),
    "Windows line endings": Difference(
        "they are read as line ends",
        [Tag("churn@v1.0.0", 0, 0, "two\r\nlines")],
    ),
}
"""All that GTO and mreg read differently on purpose. The random registries have none of it, and
what else differs is a fault."""


@given(tag_name().map(str) | almost_tag())
def test_a_tags_name_says_the_same(tag: str) -> None:
    """But for what is on the list, and "@created", which no command of GTO can read."""
    assume(refnames.fault(f"refs/tags/{tag}") == "")
    import gto.tag

    theirs = gto.tag.parse_name(tag, raise_on_fail=False)
    mine = kinds.parse(tag)
    if re.search(r"@created|^-.*=|[@#].+#0[0-9]*$", tag):
        assert mine is None
        return
    assert (mine is None) == (theirs == {})
    if mine:
        assert ACTIONS[theirs["action"].value] == mine.action
        assert theirs["name"] == mine.artifact
        assert (theirs.get("version"), theirs.get("stage")) == (mine.version, mine.stage)
        assert theirs.get("counter", 0) == mine.number


@pytest.mark.parametrize("seed", range(36))
def test_a_random_registry_reads_the_same(seed: int, make_repository: Maker) -> None:
    tags = random_registries.registry(seed)
    agree(make_repository(tags, commits=random_registries.COMMITS))


ANNOTATIONS = b"""
churn:
  type: model
  path: models/churn.pkl
only-annotated:
  type: dataset
"""


@pytest.mark.parametrize("seed", range(100, 106))
def test_a_random_registry_with_annotations_reads_the_same(
    seed: int, make_repository: Maker
) -> None:
    tags = random_registries.registry(seed)
    files = [
        {"artifacts.yaml": ANNOTATIONS, "models/churn.pkl": b"%d" % number}
        for number in range(random_registries.COMMITS)
    ]
    agree(make_repository(tags, commits=files))


@pytest.mark.parametrize("difference", INTENDED.values(), ids=INTENDED)
def test_an_intended_difference_is_still_one(
    difference: Difference, make_repository: Maker
) -> None:
    """An entry of the list that no longer differs would hide a fault: it has to go."""
    repo = make_repository(difference.tags)
    mine = by_mreg(repo)
    try:
        theirs: View | None = by_gto(repo)
    except Exception:  # whatever makes GTO fail
        theirs = None
    assert mine != theirs


def test_what_gto_writes_mreg_reads(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through GTO's own commands, as a team that changes over has used them."""
    import gto.api

    repo = make_repository(commits=4)
    path = str(repo.path)
    steps: list[Callable[[], object]] = [
        lambda: gto.api.register(path, "churn", repo.commits[0], version="v1.0.0"),
        lambda: gto.api.assign(path, "churn", "prod", version="v1.0.0"),
        lambda: gto.api.register(path, "churn", repo.commits[1], message="better"),
        lambda: gto.api.assign(path, "churn", "prod", version="v1.0.1"),
        lambda: gto.api.register(path, "models:nlp", repo.commits[2], bump_major=False),
        lambda: gto.api.assign(path, "models:nlp", "eu/prod", ref=repo.commits[2]),
        lambda: gto.api.unassign(path, "churn", version="v1.0.1", stage="prod"),
        lambda: gto.api.deregister(path, "churn", version="v1.0.0"),
        lambda: gto.api.deprecate(path, "models:nlp"),
    ]
    for seconds, step in enumerate(steps):
        clock = SimpleNamespace(time=lambda now=START + seconds: now)
        monkeypatch.setattr("dulwich.porcelain.tag.time", clock)
        step()
    agree(repo)
    assert Registry.open(repo.path).problems() == ()


STAGES = ["prod", "staging", "eu/prod"]
BUMPS: list[Bump | None] = [None, "minor", "prerelease", "major"]


def do_something(registry: Registry, commits: tuple[str, ...], chance: random.Random) -> None:
    """Write something at random through mreg; what it refuses is part of the life it leads."""
    name, stage = chance.choice(["churn", "models:nlp"]), chance.choice(STAGES)
    version = chance.choice(["@latest", f"#{chance.choice(STAGES)}", "@v0.0.1", "@v0.0.2"])
    action = chance.choice(
        ["register"] * 3 + ["promote"] * 4 + ["rollback", "demote", "end", "old"]
    )
    try:
        if action == "register":
            bump = chance.choice(BUMPS)
            registry.register(name, chance.choice(commits), bump=bump, message="a\n\nb: c")
        elif action == "promote":
            registry.promote(name + version, stage, force=chance.random() < 0.5)
        elif action == "rollback":
            registry.rollback(name, stage, message="it leaks")
        elif action == "demote":
            registry.demote(name + version, stage)
        elif action == "end":
            registry.deregister(name + version, force=True)
        else:
            registry.deprecate(name)
    except (NotFound, Refused):
        return


@pytest.mark.parametrize("seed", range(5))
def test_what_mreg_writes_gto_reads(seed: int, make_repository: Maker, set_clock: SetClock) -> None:
    chance = random.Random(seed)
    repo = make_repository(commits=12)
    registry = Registry.open(repo.path)
    for step in range(45):
        set_clock(step * 10, chance.choice(["+0000", "-0730"]))
        do_something(registry, repo.commits, chance)
    assert len(registry.history()) > 10
    mine, theirs = by_mreg(repo), by_gto(repo)
    assert without_messages(mine) == without_messages(theirs)
    for one, other in zip(mine.history, theirs.history, strict=True):
        assert one.message in other.message


def without_messages(view: View) -> View:
    """Leave the messages out: those that mreg wrote are an intended difference."""
    return View(
        {
            name: it._replace(versions=[version._replace(message="") for version in it.versions])
            for name, it in view.artifacts.items()
        },
        [it._replace(message="") for it in view.history],
    )
