"""Making what a plan says: one model after the other, each as a whole or not at all."""

from __future__ import annotations

import math
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from mreg.annotations.entry import is_url
from mreg.core.tagobject import looks_signed
from mreg.errors import MregError, Refused, RemoteError
from mreg.importers.plan import ModelPlan, Naming, Present, Refusal, VersionPlan, chosen, plan
from mreg.importers.source import ImportSource, SourceModel, Told
from mreg.registry import Registry
from mreg.registry.past import PastPromotion, PastVersion

Bytes: TypeAlias = Literal["none", "url", "git", "lfs", "dvc"]
"""What becomes of a version's files: nothing, their address, or a copy in Git, Git LFS or DVC."""

_GIT = re.compile(r"(?i)(\.git|git~1)[ .]*(:.*)?")
"""What Windows takes for `.git`: Git checks out no such name (is_ntfs_dotgit in its path.c)."""

IMPORTED = "Imported from"
"""What the last paragraph of an imported version's message begins with."""


_AHEAD = 86_400
"""How many seconds the clock of another registry may be ahead."""


class Carrying(NamedTuple):
    """How an import is made.

    Attributes:
        keep: what becomes of the files.
        allow_missing: whether a version is imported though its files cannot be had.
        told: is told how many versions are done.
    """

    keep: Bytes = "url"
    allow_missing: bool = False
    told: Told | None = None


class Carried(NamedTuple):
    """What became of a model.

    Attributes:
        plan: what was to be made.
        done: whether it is there now, all of it.
        failure: why not; None where it is, or where the plan was refused.
        notes: what could not be read of it.
    """

    plan: ModelPlan
    done: bool
    failure: Refusal | None = None
    notes: tuple[str, ...] = ()


def planned(
    source: ImportSource, registry: Registry, wanted: Sequence[str], said: Naming
) -> tuple[ModelPlan, ...]:
    """Return what an import would make; nothing is changed.

    Args:
        source: the other registry.
        registry: the registry.
        wanted: the models; none: all.
        said: how things are to be called.

    Raises:
        NotFound: there is no such model.
        MregError: the source cannot be asked, or the registry cannot be read.
    """
    models = source.models(chosen(source.names(), wanted, said))
    present = Present(registry.history(), (it.name for it in registry.artifacts(deprecated=True)))
    return plan(models, present, said, int((time.time() + _AHEAD) * 1000))


def carry(
    source: ImportSource, registry: Registry, plans: Sequence[ModelPlan], how: Carrying
) -> Iterator[Carried]:
    """Make what is planned, and iterate over what becomes of each model.

    Those that are refused are left out. Where one fails, nothing of it is recorded, and the next
    follows.
    """
    total = sum(len(it.versions) for it in plans if not it.refusals)
    carrier = _Carrier(source, registry, how, total)
    for it in plans:
        yield carrier.carried(it)


class _Carrier:
    def __init__(self, source: ImportSource, registry: Registry, how: Carrying, total: int) -> None:
        self._source, self._registry, self._how = source, registry, how
        self._done, self._total = 0, total
        self._notes: list[str] = []

    def carried(self, it: ModelPlan) -> Carried:
        if it.refusals or not it.is_new:
            return Carried(it, done=not it.refusals)
        self._notes, keep = [], self._how.keep
        end = self._done + len(it.versions)
        promotions = [
            PastPromotion(stage.version, stage.stage, self._of_stage(it, stage.label), stage.origin)
            for stage in it.stages
        ]
        try:
            with tempfile.TemporaryDirectory(prefix="mreg-import-") as folder:
                self._registry.record_past(
                    it.artifact,
                    self._versions(it, Path(folder)),
                    promotions,
                    branch=it.branch,
                    keep=keep if keep == "lfs" or keep == "dvc" else "git",  # noqa: PLR1714 - mypy
                )
        except MregError as error:
            return Carried(it, False, Refusal(str(error), error.hint), tuple(self._notes))
        except OSError as error:  # a full disk, or a folder that cannot be written to
            why = Refusal(f"{error.filename or 'a file'}: {error.strerror or error}")
            return Carried(it, False, why, tuple(self._notes))
        finally:
            self._tell(end)
        return Carried(it, True, notes=tuple(self._notes))

    def _versions(self, it: ModelPlan, folder: Path) -> Iterator[PastVersion]:
        """Iterate over a model's versions, each with its files as long as it is the last one."""
        for number, wanted in enumerate(it.versions):
            with tempfile.TemporaryDirectory(dir=folder) as place:
                yield self._version(it, wanted, Path(place))
            if number + 1 < len(it.versions):
                self._tell(self._done + 1)

    def _tell(self, done: int) -> None:
        self._done = done
        if self._how.told and self._total:
            self._how.told(done, self._total)

    def _version(self, it: ModelPlan, wanted: VersionPlan, place: Path) -> PastVersion:
        version = wanted.source
        files = self._files(it.model, wanted, place)
        below = files and _folder_of(files)
        found = self._source.details(it.model, version, below or None)
        self._notes += (f"version {version.number}: {note}" for note in found.notes)
        folder = f"models/{it.artifact.replace(':', '/')}"
        inside = {file.relative_to(below).as_posix(): file for file in files} if below else {}
        fields: dict[str, Any] = {"type": "model"}
        if inside:
            fields["path"] = f"{folder}/{next(iter(inside))}" if len(inside) == 1 else folder
        elif self._how.keep == "url" and is_url(found.url):
            fields["path"] = found.url
        about = {
            "model": it.model.name,
            "version": version.number,
            "created": _iso(version.created),
            **version.about,
            **found.about,
            "tags": version.tags,
            "model_tags": it.model.tags,
        }
        fields |= {
            "description": it.model.description or version.description,
            **found.fields,
            "custom": {self._source.kind: _said(about)},
        }
        message = "\n\n".join(filter(None, (version.description.strip(), self._of(it, wanted))))
        return PastVersion(
            wanted.version,
            version.created // 1000,
            _as_message(message),
            version.origin,
            _clean(_said(fields)),
            folder,
            inside,
        )

    def _of(self, it: ModelPlan, wanted: VersionPlan) -> str:
        return f"{IMPORTED} {self._source.title}: {it.model.name} version {wanted.source.number}"

    def _of_stage(self, it: ModelPlan, label: str) -> str:
        return _as_message(f"{IMPORTED} {self._source.title}: {it.model.name}, {label}")

    def _files(self, model: SourceModel, wanted: VersionPlan, place: Path) -> list[Path]:
        """Download a version's files, if they are to be kept.

        Raises:
            RemoteError: they cannot be had.
            Refused: one of them is nothing that a commit could hold.
        """
        if self._how.keep in ("none", "url"):
            return []
        try:
            self._source.download(model, wanted.source, place)
            return [*_listed(place)]
        except MregError as error:
            why = f"version {wanted.source.number}: {error}"
            if self._how.allow_missing:
                self._notes.append(f"{why}; it is imported without files")
                return []
            raise RemoteError(
                why,
                hint=f"{error.hint}; " * bool(error.hint)
                + "use --allow-missing to import the version without files",
            ) from None


def _listed(place: Path) -> Iterator[Path]:
    """Iterate over the files in a folder, sorted.

    Raises:
        Refused: there is none, or one of them is nothing that a commit could hold.
    """
    found = sorted(place.rglob("*"))
    files = [it for it in found if it.is_file() and not it.is_symlink()]
    if not files:
        raise Refused("it has no files")
    for it in found:
        path = it.relative_to(place).as_posix()
        if it.is_symlink() or not (it.is_file() or it.is_dir()):
            raise Refused(f"{path!r} is neither a file nor a folder")
        if not path.isprintable() or any(map(_GIT.fullmatch, it.name.split("\\"))):
            raise Refused(f"mreg cannot commit a file named {path!r}")
    yield from files


def _folder_of(files: Sequence[Path]) -> Path:
    """Return the folder that all files are in; of one file, its own."""
    return Path(os.path.commonpath([it.parent for it in files]))


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without those that say nothing."""
    return {key: it for key, it in values.items() if it not in (None, "", {}, [], ())}


def _clean(value: Any) -> Any:
    """Return a value as YAML holds it: infinite numbers are texts, and all texts are Unicode."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {_clean(key): _clean(it) for key, it in value.items()}
    return [_clean(it) for it in value] if isinstance(value, list | tuple) else value


def _as_message(text: str) -> str:
    """Return a text as a tag's message takes it: no line of it looks like a signature's first."""
    lines = _clean(text).replace("\r\n", "\n").split("\n")
    return "\n".join(f" {it}" if looks_signed(it) else it for it in lines)


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
