"""A version as a server knows it: what is wanted, and what was got of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mreg.annotations.entry import Annotation
from mreg.errors import Refused
from mreg.schemas import examples
from mreg.schemas.model import ModelSchema
from mreg.tuples import NamedTuple


class WantedVersion(NamedTuple):
    """The version that a selector means now.

    Attributes:
        artifact: the artifact's name.
        version: the version, such as "v1.2.0"; None for a bare commit that holds a stage.
        tag: the tag that registered it (a bare commit: that promoted it).
        commit: the id of its commit.
        promotion: the tag that brought it into its stage; None where none was asked for.
    """

    artifact: str
    version: str | None
    tag: str
    commit: str
    promotion: str | None = None

    @property
    def named(self) -> str:
        """What answers call it: the version, or the id of a bare commit."""
        return self.version or self.commit

    def same(self, other: WantedVersion | None) -> bool:
        """Tell whether another one is the same version, however it came into its stage."""
        return other is not None and self[:4] == other[:4]


class FetchedVersion(NamedTuple):
    """A version whose bytes are on this disk, verified.

    Attributes:
        wanted: which one it is.
        path: where its file or folder is.
        digest: by what its bytes are known: "git:...", "sha256:..." or "md5:...".
        annotation: what its own commit says of it.
        example: the example of its schema, as JSON says it; None if there is none.
    """

    wanted: WantedVersion
    path: Path
    digest: str
    annotation: Annotation
    example: Any = None

    @property
    def schema(self) -> ModelSchema:
        """What goes in and what comes out; nothing is said where none is recorded."""
        return self.annotation.schema or ModelSchema()

    def described(self) -> dict[str, Any]:
        """Return what the server tells of it."""
        found = self.wanted._asdict() | {"digest": self.digest}
        del found["promotion"]
        return found


def parsed_example(raw: bytes, path: str) -> dict[str, Any]:
    """Return what the example of a version's schema says.

    Raises:
        Refused: it is none.
    """
    try:
        return examples.read(raw)
    except examples.CannotRead as error:
        raise Refused(f"the example {path} {error}") from None
