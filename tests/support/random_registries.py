"""Random registries as GTO could have written them, a seed each."""

from __future__ import annotations

import random
from collections.abc import Callable

from mreg.core import names
from repositories import ANN, BOB, Lightweight, Tag

COMMITS = 9

_NAMES = ["churn", "models:nlp", "a/b", "deep/er.x:fraud-2", "X"]
_STAGES = ["prod", "staging", "eu/prod"]
_TAGGERS = [ANN, BOB, "Zoë Ünal <zoe@example.com>"]
_ZONES = ["+0000", "+0530", "-0730", "+1400"]
_MESSAGES = [
    "Registering artifact",
    "Assigning stage\n\nbecause it is better\n\nand faster",
    "模型 🎉",
    "Subject\n\nReviewed-by: Bob <bob@sample.org>\nTicket: 7",
    "  blanks around  ",
    "#1 is not a number",
]
_FOREIGN: list[Tag | Lightweight] = [
    Tag("v1.0.0"),
    Tag("release/2024", 1, 5),
    Lightweight("nightly"),
    Lightweight("churn@v77.0.0", 1),
    Lightweight("churn#prod#999", 2),
    Tag("churn@1.0.0", 1, 7),
]


class Life:
    """The life of one artifact: random events that both tools read the same.

    What they read differently, on purpose, does not happen here: see `test_same_as_gto`.
    """

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.tags: list[Tag] = []
        self._chance = chance
        self._taken: set[str] = set()
        self._number = 0
        self._commits: dict[str, int] = {}
        """Where each version stands that was ever registered: no commit has two."""
        self._active: set[str] = set()
        self._places: set[tuple[str, str]] = set()
        """Versions in stages."""
        self._promoted_bare: set[int] = set()

    def go_on(self, time: int) -> None:
        """Let one more thing happen."""
        happenings: list[Callable[[int], None]] = [
            *[self._register] * 4,
            *[self._promote] * 5,
            *[self._demote] * 2,
            self._register_again,
            self._deregister,
            self._promote_a_bare_commit,
            self._deprecate,
        ]
        self._chance.choice(happenings)(time)

    def _free_commits(self) -> list[int]:
        return [it for it in range(COMMITS) if it not in self._commits.values()]

    def _register(self, time: int) -> None:
        chance = self._chance
        version = f"v{chance.randrange(3)}.{chance.randrange(12)}.{chance.randrange(3)}"
        version += chance.choice(["", "", "-rc.1", "-rc.11", "-rc.2", "-alpha", "+cpu.1", "-1+2"])
        if version not in self._commits and self._free_commits():
            commit = chance.choice(self._free_commits())
            self._commits[version] = commit
            self._active.add(version)
            if commit in self._promoted_bare:
                self._places.add((version, "a stage"))
            self._tag(f"@{version}", commit, time)

    def _register_again(self, time: int) -> None:
        placed = {version for version, _ in self._places}
        if again := sorted(self._commits.keys() - placed):
            version = self._chance.choice(again)
            self._active.add(version)
            self._tag(f"@{version}", self._commits[version], time)

    def _deregister(self, time: int) -> None:
        if self._active:
            version = self._chance.choice(sorted(self._active))
            self._active.remove(version)
            self._tag(f"@{version}!", self._commits[version], time)

    def _promote(self, time: int) -> None:
        if self._active:
            version, stage = self._chance.choice(sorted(self._active)), self._chance.choice(_STAGES)
            self._places.add((version, stage))
            self._tag(f"#{stage}", self._commits[version], time, often_numbered=True)

    def _demote(self, time: int) -> None:
        if self._active:
            version, stage = self._chance.choice(sorted(self._active)), self._chance.choice(_STAGES)
            self._places.discard((version, stage))
            self._tag(f"#{stage}!", self._commits[version], time, often_numbered=True)

    def _promote_a_bare_commit(self, time: int) -> None:
        if free := self._free_commits():
            commit = self._chance.choice(free)
            self._promoted_bare.add(commit)
            self._tag(f"#{self._chance.choice(_STAGES)}", commit, time, often_numbered=True)

    def _deprecate(self, time: int) -> None:
        self._tag("@deprecated", 0, time)

    def _tag(self, tail: str, commit: int, time: int, *, often_numbered: bool = False) -> None:
        name = names.in_tag(self.name) + tail
        if name in self._taken or self._chance.random() < (0.9 if often_numbered else 0.1):
            self._number += 1
            name += f"#{self._number}"
        self._taken.add(name)
        message, tagger, zone = map(self._chance.choice, (_MESSAGES, _TAGGERS, _ZONES))
        self.tags.append(Tag(name, commit, time, message, tagger, zone))


def registry(seed: int, events: int = 40) -> list[Tag | Lightweight]:
    """Return the tags of a random registry, in no order; no two are of the same second."""
    chance = random.Random(seed)
    lives = [Life(name, chance) for name in chance.sample(_NAMES, chance.randint(1, 3))]
    time = 100
    for _ in range(events):
        time += chance.randint(1, 5000)
        chance.choice(lives).go_on(time)
    tags = [tag for life in lives for tag in life.tags]
    found = [*tags, *chance.sample(_FOREIGN, chance.randint(0, len(_FOREIGN)))]
    chance.shuffle(found)
    return found
