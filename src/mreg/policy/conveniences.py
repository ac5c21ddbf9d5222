"""Where settings stand, and what they say beyond policy: all that a command needs where none does.

What the policy is made of (`mreg.policy.model`) is loaded where there is one.
"""

from __future__ import annotations

from mreg.tuples import NamedTuple

FILE = ".mreg.yaml"

GTO_FILE = ".gto"
"""GTO's settings file, whose stages and types count where there is none of mreg's."""

FILES = (FILE, GTO_FILE)
"""Where settings stand; the first that is there counts."""


class Conveniences(NamedTuple):
    """What settings say beyond policy: it is read in the work tree, and the rest may be wrong.

    Attributes:
        push: whether what is recorded is published, where the command does not say.
        types: the types that artifacts may have; None: any.
        ignore_tags: as of `mreg.policy.model.Settings`.
        complaint: why `types` is not followed; empty if nothing is wrong with it.
    """

    push: bool = False
    types: frozenset[str] | None = None
    ignore_tags: tuple[str, ...] = ()
    complaint: str = ""
