"""The walk: every sequence of attempts, the last of each judged by mreg and by the model.

    python tests/model/walk.py [--length 4] [--write PAGE]

What is refused leaves nothing behind. So a sequence stands after it where it stood before, and two
that stand at the same point are judged there once, and counted twice.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from random import Random
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.extend(str(Path(__file__).resolve().parents[1] / it) for it in ("", "support"))

from model import plain as model
from model.by_hand import Node, Rules
from model.plain import ATTEMPTS, WORDS, Attempt
from model.policies import POLICIES

STARTS: dict[str, tuple[Attempt, ...]] = {
    "nothing": (),
    "both registered": (
        Attempt("register", "ann", "v1.0.0"),
        Attempt("register", "bob", "v2.0.0"),
    ),
}
"""Where a walk begins; the second, since a rollback needs five events before it."""

RULES = frozenset(
    (
        *("signature", "by", "stage", "registered", "from", "type", "fields", "metrics"),
        *("no_regression", "inputs", "schema", "branches", "exclusive", "reject", "approvals"),
        "registration",
    )
)
"""The rules that such attempts can meet. The others are about tags that mreg would not make:
tests/governance/test_matrix.py tries those."""

LENGTH, WHOLE = 4, 2
"""How long the longest sequences are; and up to which length a share of them holds all."""

BEGIN, END = "<!-- model: begin -->", "<!-- model: end -->"


class Walk(NamedTuple):
    """What came of a walk.

    Attributes:
        sequences: how many sequences of each length there are, from 0 on, as far as they were gone.
        points: how many points they lead to, at each of which every attempt was judged.
        verdicts: how many of the sequences end in what is taken, and in what is refused.
        kept: the rules that were asked about and kept by something that was taken.
        alone: the rules that were the only one which something broke.
        faults: where mreg and the model differ.
    """

    sequences: tuple[int, ...]
    points: int
    verdicts: Counter[str]
    kept: frozenset[str]
    alone: frozenset[str]
    faults: tuple[str, ...]


def walk(policy: str, start: str, length: int = LENGTH, *, at_most: int | None = None) -> Walk:
    """Go all sequences up to a length under a policy.

    Args:
        policy: the policy's name.
        start: where to begin.
        length: how many attempts the longest have.
        at_most: how many points of each length beyond the first two are gone on from, drawn by a
            fixed seed; None: all.
    """
    return _Walk(policy, start).gone(length, at_most)


class _Walk:
    """A walk that is under way."""

    def __init__(self, policy: str, start: str) -> None:
        self._policy = POLICIES[policy]
        self._rules = Rules(self._policy)
        self._start = start
        self._where = f"{policy}, from {start}"
        self._next: dict[object, list[Attempt | None]] = {}
        self._kept: set[str] = set()
        self._alone: set[str] = set()
        self._faults: list[str] = []

    def gone(self, length: int, at_most: int | None) -> Walk:
        """Go all sequences up to a length."""
        level = {(node := self._begin()).key: (node, 1)}
        sequences, verdicts = [1], Counter[str]()
        for so_far in range(length):
            drawn = list(level.values())
            if at_most and so_far >= WHOLE and len(drawn) > at_most:
                drawn = Random(2026).sample(drawn, at_most)
            level, ended = {}, 0
            for node, times in drawn:
                for it in self._judged(node):
                    ended += times
                    verdicts["refused" if it is None else "taken"] += times
                    if so_far + 1 < length:
                        to = self._to(node, it)
                        level[to.key] = (to, times + level.get(to.key, (to, 0))[1])
            sequences.append(ended)
        found = (frozenset(self._kept), frozenset(self._alone), tuple(self._faults))
        return Walk(tuple(sequences), len(self._next), verdicts, *found)

    def _begin(self) -> Node:
        node = Node()
        for it in STARTS[self._start]:
            self._rules.at(node)
            node = self._rules.after(it)
        return node

    def _judged(self, node: Node) -> list[Attempt | None]:
        """Return each attempt at a point, if it is taken; None if it is refused."""
        if node.key not in self._next:
            self._rules.at(node)
            self._next[node.key] = [self._tried(it) for it in ATTEMPTS]
        return self._next[node.key]

    def _tried(self, it: Attempt) -> Attempt | None:
        expected = model.broken(self._policy, self._rules.node.state, it)
        if it.action not in WORDS:
            self._compare(it, expected)
        return None if expected else it

    def _to(self, node: Node, taken: Attempt | None) -> Node:
        """Return where an attempt leads: what is refused, nowhere else."""
        if taken is None:
            return node
        self._rules.at(node)
        return self._rules.after(taken)

    def _compare(self, it: Attempt, expected: set[str]) -> None:
        """Hold against the model what mreg says of an event by each of its three ways."""
        rules, event = self._rules, self._rules.event(it)
        arriving = rules.arriving(event)
        found = {"arriving": arriving.broken, "recorded": rules.recorded(event).broken}
        wished = rules.wished(it)
        if (wished is not None) != model.can_be_wished(rules.node.state, it):
            self._faults.append(f"{self._where}: {rules.node.taken} {it}: wished for: {wished}")
        if wished is not None:
            found["wished for"] = wished.broken
        for way, broken in found.items():
            if broken != expected:
                what = f"{way} it breaks {sorted(broken)}, and should {sorted(expected)}"
                self._faults.append(f"{self._where}: {rules.node.taken} {it}: {what}")
        if not expected:
            self._kept |= arriving.kept
        elif len(expected) == 1:
            self._alone |= expected


def main() -> int:
    """Go everything, print what came of it, and write it down if that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--length", type=int, default=LENGTH, help="of the longest; 4")
    parser.add_argument("--write", type=Path, help="the page that gets the figures")
    given = parser.parse_args()
    totals, faulty = Counter[str](), False
    for (policy, start), gone in _all(given.length):
        totals.update({"sequences": sum(gone.sequences), "points": gone.points, **gone.verdicts})
        print(f"{policy}, from {start}: {sum(gone.sequences):,} sequences", flush=True)
        for fault in gone.faults[:_SHOWN]:
            print(f"FAULT: {fault}", flush=True)
        faulty = faulty or bool(gone.faults)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = _figures(given.length, totals, used.ru_utime + used.ru_stime, faulty=faulty)
    print(said)
    if given.write:
        before, _, rest = given.write.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        given.write.write_text(f"{before}{BEGIN}\n{said}\n{END}{after}")
    return int(faulty)


_SHOWN = 20


def _figures(length: int, totals: Counter[str], seconds: float, *, faulty: bool) -> str:
    return (
        f"{totals['sequences']:,} sequences of up to {length} attempts, from two starting points"
        f" under {len(POLICIES)} policies;\n{totals['taken']:,} end with an accepted event,"
        f" {totals['refused']:,} with a refused one;\nthey lead to {totals['points']:,} states,"
        f" which took {seconds:.0f} s of CPU time; {'DIFFERENCES' if faulty else 'no differences'}."
    )


def _all(length: int) -> Iterator[tuple[tuple[str, str], Walk]]:
    wanted = list(product(POLICIES, STARTS))
    policies, starts = zip(*wanted, strict=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        gone = pool.map(walk, policies, starts, [length] * len(wanted))
        yield from zip(wanted, gone, strict=True)


if __name__ == "__main__":
    sys.exit(main())
