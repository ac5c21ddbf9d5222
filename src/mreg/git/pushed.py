"""What a push did, read from what `git push --porcelain` prints (`git help push`, "OUTPUT")."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mreg.tuples import NamedTuple


class Result(NamedTuple):
    """What became of one ref in a push.

    Attributes:
        flag: how Git marks it: "*" new, " " moved on, "=" there already, "!" refused, and others.
        summary: what it says of it, such as "[rejected] (already exists)".
    """

    flag: str
    summary: str

    @property
    def landed(self) -> bool:
        """Whether the remote's ref holds the object now."""
        return self.flag in ("*", " ", "=", "+")

    @property
    def reason(self) -> str:
        """Why it was refused; empty if nothing is said."""
        found = re.search(r"\((.*)\)\s*$", self.summary)
        return found[1] if found else ""


_LOCKED = (
    r"Unable to create '.*\.lock': File exists|reference already exists"
    r"|is at [0-9a-f]+ but expected [0-9a-f]+"
)

# Over http a push ends with 1 where the server went away, as it does where a hook here refused it;
# of a hook Git itself says no more than that the push failed.
_BROKEN = r"(?m)^(?:fatal|send-pack|error: RPC failed)\b"


class Pushed(NamedTuple):
    """What a push did.

    Attributes:
        returncode: Git's exit code; None if it was ended because it took too long.
        results: what became of each ref that Git says anything about.
        said: its complaints, and those of the remote.
    """

    returncode: int | None
    results: dict[str, Result]
    said: str

    @property
    def refused(self) -> bool:
        """Whether it was refused, by the remote or a hook; not whether it was cut short."""
        said = any(it.flag == "!" and "rejected]" in it.summary for it in self.results.values())
        alone = self.returncode == 1 and not self.results
        return said or (alone and not re.search(_BROKEN, self.said))

    @property
    def locked(self) -> bool:
        """Whether a ref was locked, or changed at that moment."""
        return bool(re.search(_LOCKED, self.said))

    @property
    def overtaken(self) -> bool:
        """Whether a ref was found to be there, or to have moved, before anything was sent."""
        return any(it.reason in ("already exists", "stale info") for it in self.results.values())

    def landed(self, refs: Iterable[str]) -> bool:
        """Tell whether all of these refs hold at the remote what was sent."""
        return all(ref in self.results and self.results[ref].landed for ref in refs)


def parse(output: bytes) -> dict[str, Result]:
    """Read what `git push --porcelain` prints: "FLAG TAB FROM:TO TAB SUMMARY", a line a ref."""
    results = {}
    for line in output.decode("utf-8", "replace").split("\n"):
        fields = line.split("\t")
        if len(fields) == 3 and len(fields[0]) == 1:  # noqa: PLR2004 - FLAG, FROM:TO, SUMMARY
            results[fields[1].partition(":")[2]] = Result(fields[0], fields[2])
    return results
