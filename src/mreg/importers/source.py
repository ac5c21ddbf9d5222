"""What an import reads: another registry's models and versions as values, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class SourceVersion(NamedTuple):
    """A version as another registry lists it.

    Attributes:
        number: what it is called there: an integer, as text.
        created: when it was registered, in milliseconds since 1970.
        origin: what stands for it in `Imported-From:`.
        description: what was said of it.
        tags: its tags.
        about: what else is known of it, by name; those that are empty are left out.
        fault: why it cannot be imported; empty if it can.
        key: what the source itself knows it by.
    """

    number: str
    created: int
    origin: str
    description: str = ""
    tags: Mapping[str, str] = {}
    about: Mapping[str, Any] = {}
    fault: str = ""
    key: str = ""


class SourceModel(NamedTuple):
    """A model as another registry has it.

    Attributes:
        name: its name there.
        prefix: what the origins of its versions have before the number; it ends in "/".
        description: what it is.
        tags: its tags.
        versions: its versions.
        held: which version each alias or stage stands for, by the name that it has there.
        notes: what of it has no place here.
    """

    name: str
    prefix: str
    description: str = ""
    tags: Mapping[str, str] = {}
    versions: tuple[SourceVersion, ...] = ()
    held: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


class VersionDetails(NamedTuple):
    """What a version is: what is asked of each version only when it is imported.

    Attributes:
        fields: what its annotation is to say, in the form of artifacts.yaml.
        about: what else is known of it, by name.
        url: where its bytes are; empty if nothing says.
        notes: what could not be read.
    """

    fields: Mapping[str, Any] = {}
    about: Mapping[str, Any] = {}
    url: str = ""
    notes: tuple[str, ...] = ()


class ImportSource(Protocol):
    """Another registry.

    Attributes:
        kind: what it is, such as "mlflow": the key of `custom` under which an annotation has it.
        title: what it is called in messages.
        address: where it is, without passwords.
    """

    kind: str
    title: str
    address: str

    def names(self) -> Sequence[str]:
        """Return the names of its models.

        Raises:
            RemoteError: it cannot be asked.
        """

    def models(self, names: Sequence[str]) -> Sequence[SourceModel]:
        """Return some of its models, in that order.

        Raises:
            RemoteError: it cannot be asked.
        """

    def details(
        self, model: SourceModel, version: SourceVersion, folder: Path | None
    ) -> VersionDetails:
        """Return what a version is.

        Args:
            model: its model.
            version: the version.
            folder: where its files are; None where they were not downloaded.

        Raises:
            RemoteError: it cannot be asked.
        """

    def download(self, model: SourceModel, version: SourceVersion, folder: Path) -> None:
        """Download a version's files into an empty folder.

        Raises:
            RemoteError: they cannot be had.
        """


Told = Callable[[int, int], None]
"""Is told how many of how many versions are done."""
