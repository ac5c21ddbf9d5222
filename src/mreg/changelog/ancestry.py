"""Which commits lead to one and not to another: many such questions about one history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush


class Ancestry:
    """How commits follow each other; parents that it does not know end it."""

    def __init__(self, parents: Mapping[str, Sequence[str]]) -> None:
        """Take each commit's parents; no commit comes before one that follows it."""
        self.parents = parents
        self._commits = list(parents)
        self._place = {commit: place for place, commit in enumerate(self._commits)}

    def __contains__(self, commit: str) -> bool:
        return commit in self.parents

    def between(self, since: str, until: str) -> list[str]:
        """Return the commits that lead to one commit and not to another, the newest first.

        Only those are looked at, and as much of what leads to the other as is newer than they are:
        of a long history with many versions, all are asked about in the time of one.
        """
        left_out = {until: False, since: True}
        waiting = [self._place[it] for it in left_out]
        heapify(waiting)
        found: list[str] = []
        wanted = sum(not it for it in left_out.values())  # of those that are waiting
        while wanted:
            commit = self._commits[heappop(waiting)]
            out = left_out[commit]
            if not out:
                found.append(commit)
                wanted -= 1
            for parent in self.parents[commit]:
                if parent not in self._place:
                    continue
                if parent not in left_out:
                    heappush(waiting, self._place[parent])
                    left_out[parent] = out
                    wanted += not out
                elif out and not left_out[parent]:
                    left_out[parent] = True
                    wanted -= 1
        return found

    def leads_to_all(self, commit: str, others: Iterable[str]) -> bool:
        """Tell whether a commit is here, and each of some others is it or follows it."""
        following = {commit}
        for it in reversed(self._commits):
            if not following.isdisjoint(self.parents[it]):
                following.add(it)
        return commit in self and following.issuperset(others)
