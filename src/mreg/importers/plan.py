"""What an import is to make: decided from values, of the source and of the registry. Pure.

What is there already is known by `Imported-From:` in its tag, so that an import can be repeated:
it adds what is new. Whatever would be ambiguous is refused, with what to type.
"""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

from mreg.core import names
from mreg.core.events import IMPORT_TRAILER
from mreg.core.kinds import KINDS
from mreg.core.queries import Record
from mreg.errors import InvalidName, NotFound, UsageError
from mreg.importers import naming
from mreg.importers.source import SourceModel, SourceVersion


class Naming(NamedTuple):
    """What somebody said of how things are to be called.

    Attributes:
        models: artifacts by the names of models.
        stages: stages by the names of aliases and stages; an empty one leaves it out.
        version_tag: the tag of a version whose value counts, if it is SemVer.
        branches: what the names of branches begin with.
    """

    models: Mapping[str, str] = {}
    stages: Mapping[str, str] = {}
    version_tag: str = "version"
    branches: str = "imported"


class Refusal(NamedTuple):
    """Why a model is not imported, and what to do."""

    message: str
    hint: str = ""


class VersionPlan(NamedTuple):
    """A version to be registered: what it will be called, and what it is there."""

    version: str
    source: SourceVersion


class StagePlan(NamedTuple):
    """A promotion to be made.

    Attributes:
        label: what the alias or stage is called there.
        stage: the stage.
        version: the version.
        number: what the version is called there.
        origin: what stands for it in `Imported-From:`: the version's, "#", and the label.
    """

    label: str
    stage: str
    version: str
    number: str
    origin: str


class ModelPlan(NamedTuple):
    """What is to be made of a model.

    Attributes:
        model: the model.
        artifact: the artifact that it becomes; empty where that cannot be told.
        branch: the branch of its commits.
        versions: the versions to be registered, in the order of their times.
        stages: the promotions to be made.
        present: how many of its versions were imported before.
        left_out: why which version is left out, by its number.
        notes: what somebody should know.
        refusals: why nothing of it is imported.
    """

    model: SourceModel
    artifact: str
    branch: str = ""
    versions: tuple[VersionPlan, ...] = ()
    stages: tuple[StagePlan, ...] = ()
    present: int = 0
    left_out: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether there is anything to be made."""
        return bool(self.versions or self.stages)


class Present:
    """What the registry has, as an import looks at it.

    Attributes:
        artifacts: the names of its artifacts.
        imported: the registrations that were imported, by origin.
        models: the same of each model, by what its origins begin with.
        versions: the newest registration of each version, by artifact.
        moves: the events about each stage, the newest first, by artifact and stage.
        labels: the stage that an alias or stage of a model was imported as last, by what the
            model's origins begin with and its name there.
    """

    def __init__(self, records: Sequence[Record], artifacts: Iterable[str] = ()) -> None:
        """Take the events of a registry, the newest first, and what else is an artifact there."""
        self.artifacts = {*artifacts, *(it.artifact for it in records)}
        self.imported: dict[str, Record] = {}
        self.models: dict[str, dict[str, Record]] = {}
        self.versions: dict[str, dict[str, Record]] = {}
        self.moves: dict[tuple[str, str], list[Record]] = {}
        self.labels: dict[tuple[str, str], str] = {}
        for it in records:
            origin, _, label = it.trailers.get(IMPORT_TRAILER, "").partition("#")
            prefix = origin[: origin.rfind("/") + 1]
            if it.stage:
                self.moves.setdefault((it.artifact, it.stage), []).append(it)
                if label:
                    self.labels.setdefault((prefix, unquote(label)), it.stage)
            elif KINDS[it.action].registers and it.version:
                self.versions.setdefault(it.artifact, {}).setdefault(it.version, it)
                if origin:
                    self.imported.setdefault(origin, it)
                    self.models.setdefault(prefix, {}).setdefault(origin, it)

    def of_model(self, model: SourceModel) -> Mapping[str, Record]:
        """Return the registrations that were imported from a model, by origin."""
        return self.models.get(model.prefix, {})


def chosen(known: Sequence[str], wanted: Sequence[str], naming_: Naming) -> list[str]:
    """Return the models that are wanted, or all, without those that were mapped to nothing.

    Raises:
        NotFound: there is no such model.
        UsageError: what was said of names is about none.
    """
    from mreg.core.queries import suggestion

    if unknown := next((it for it in wanted if it not in known), None):
        raise NotFound(f"there is no model {unknown!r}", hint=suggestion(unknown, known))
    if unmapped := next((it for it in naming_.models if it not in known), None):
        raise UsageError(
            f"--map names the model {unmapped!r}, which does not exist",
            hint=suggestion(unmapped, known),
        )
    return [it for it in wanted or known if naming_.models.get(it) != ""]


def plan(
    models: Sequence[SourceModel], present: Present, said: Naming, latest: int = sys.maxsize
) -> tuple[ModelPlan, ...]:
    """Return what is to be made of models.

    Args:
        models: the models.
        present: what is there.
        said: how things are to be called.
        latest: the latest time that a version can have, in milliseconds since 1970: no event after
            one of a later time could have its own.
    """
    found = [(it, *_artifact(it, present, said)) for it in models]
    same: dict[str, list[str]] = {}
    for model, artifact, _ in found:
        if artifact:
            same.setdefault(names.fold(artifact), []).append(model.name)
    plans = []
    for model, artifact, refusals in found:
        timely = tuple(_timely(it, latest) for it in model.versions)
        others = [it for it in same.get(names.fold(artifact), ()) if it != model.name]
        alike = " or ".join(map(repr, others))
        why = f"it would become {artifact}, the same name as for {alike}"
        more = (Refusal(why, _other_name(model)),) if others else ()
        plans.append(
            _Planner(model._replace(versions=timely), artifact, present, said).plan(refusals + more)
        )
    return tuple(plans)


def _timely(it: SourceVersion, latest: int) -> SourceVersion:
    if 0 <= it.created <= latest or it.fault:
        return it
    when = "in the future" if it.created > 0 else "unknown, or before 1970"
    return it._replace(fault=f"its creation time is {when} ({it.created:,} ms after 1970)")


def _artifact(
    model: SourceModel, present: Present, said: Naming
) -> tuple[str, tuple[Refusal, ...]]:
    """Return what a model becomes, or why that cannot be told."""
    before = {it.artifact for it in present.of_model(model).values()}
    wanted = said.models.get(model.name)
    if before:
        artifact = sorted(before)[0]
        if wanted in (None, artifact):
            return artifact, ()
        why = f"it was already imported as {artifact}"
        return artifact, (Refusal(why, f"use --map {_pair(model.name, artifact)}, or omit --map"),)
    artifact = naming.safe(model.name) if wanted is None else wanted
    try:
        return names.artifact(artifact), tuple(_taken(model, artifact, present, wanted is None))
    except InvalidName as error:
        why = (
            str(error)
            if artifact
            else ("its name contains no character that is allowed in the name of an artifact")
        )
        return "", (Refusal(why, _other_name(model)),)


def _taken(model: SourceModel, artifact: str, present: Present, by_rule: bool) -> Iterator[Refusal]:
    alike = [it for it in present.artifacts if names.fold(it) == names.fold(artifact)]
    other = _other_name(model)
    if artifact in alike:
        if by_rule:
            same = f"--map {_pair(model.name, artifact)}"
            yield Refusal(
                f"the artifact {artifact} already exists, and was not imported from here",
                f"if it is the same model, use {same}; otherwise {other}",
            )
    elif alike:
        yield Refusal(f"{artifact} differs from the artifact {alike[0]} only in letter case", other)


class _Planner:
    """Decides what is to be made of one model."""

    def __init__(self, model: SourceModel, artifact: str, present: Present, said: Naming) -> None:
        self._model, self._artifact = model, artifact
        self._present, self._said = present, said
        self._whole = {it.number: it for it in model.versions if not it.fault}
        self._versions = {it.number: self._version(it) for it in self._whole.values()}
        self._origins = {it.origin for it in model.versions}

    def plan(self, refusals: tuple[Refusal, ...]) -> ModelPlan:
        new = [it for it in self._whole.values() if it.origin not in self._present.imported]
        new.sort(key=lambda it: (it.created, int(it.number)))
        stages = [*self._stages()]
        moved = {it.stage: why for it in stages if (why := self._moved_here(it))}
        unknown = [
            f"{label} points to version {number}, which is not imported"
            for label, number in self._model.held.items()
            if number not in self._versions
        ]
        return ModelPlan(
            self._model,
            self._artifact,
            f"{self._said.branches}/{names.in_tag(self._artifact).replace('/', '+')}",
            tuple(VersionPlan(self._versions[it.number], it) for it in new),
            tuple(it for it in stages if it.stage not in moved and not self._is_so(it)),
            len(self._whole) - len(new),
            {it.number: it.fault for it in self._model.versions if it.fault},
            (*self._model.notes, *unknown, *moved.values(), *self._gone()),
            (*refusals, *self._clashes(new), *self._stage_clashes(stages)),
        )

    def _version(self, it: SourceVersion) -> str:
        if before := self._present.imported.get(it.origin):
            return str(before.version)
        return naming.version(it.number, it.tags, self._said.version_tag)

    def _clashes(self, new: Sequence[SourceVersion]) -> Iterator[Refusal]:
        """Iterate over why versions cannot be called so, or are others than before."""
        tag = f"use --version-tag NAME to read another tag than {self._said.version_tag!r}"
        several = Counter(self._versions.values())
        there = self._present.versions.get(self._artifact, {})
        for it in new:
            version = self._versions[it.number]
            if several[version] > 1:
                yield Refusal(
                    f"version {it.number} and another version would both become {version}", tag
                )
            elif version in there:
                yield Refusal(
                    f"version {it.number} would become {version}, but {self._artifact} "
                    f"already has another {version}, by {there[version].author}",
                    _other_name(self._model),
                )
        for it in self._whole.values():
            before = self._present.imported.get(it.origin)
            if before and it.created // 1000 > before.created_at.timestamp():
                yield Refusal(
                    f"version {it.number} was recreated after its import as {before.version}: "
                    "the model was deleted, and another one has its name",
                    "rename the new model, and import it as another artifact",
                )

    def _stages(self) -> Iterator[StagePlan]:
        """Iterate over what the aliases and stages of versions that are imported amount to."""
        for label, number in self._model.held.items():
            before = self._present.labels.get((self._model.prefix, label), naming.safe(label))
            stage = self._said.stages.get(label, before)
            wanted = stage or label not in self._said.stages
            if wanted and number in self._versions:
                origin = f"{self._whole[number].origin}#{quote(label, safe='')}"
                yield StagePlan(label, stage, self._versions[number], number, origin)

    def _stage_clashes(self, stages: Sequence[StagePlan]) -> Iterator[Refusal]:
        for it in stages:
            without = f"--stage {_pair(it.label, '')} to omit it"
            hint = f"use --stage {_pair(it.label, 'STAGE')}, or {without}"
            alike = {
                other.label
                for other in stages
                if names.fold(other.stage) == names.fold(it.stage)
                if (other.stage, other.number) != (it.stage, it.number)
            }
            try:
                names.stage(it.stage)
            except InvalidName:
                yield Refusal(f"{it.label!r} is not a valid name of a stage", hint)
                continue
            if alike:
                yield Refusal(
                    f"{it.label} and {', '.join(sorted(alike))} would become the same stage", hint
                )

    def _moves(self, stage: str) -> list[Record]:
        return self._present.moves.get((self._artifact, stage), [])

    def _imports(self, stage: str) -> Iterator[Record]:
        """Iterate over what this model's imports said of a stage, the newest first."""
        return filter(self._is_import, self._moves(stage))

    def _is_import(self, it: Record) -> bool:
        return it.trailers.get(IMPORT_TRAILER, "").startswith(self._model.prefix)

    def _is_so(self, it: StagePlan) -> bool:
        """Tell whether the last import said the same: what was done here since counts for more."""
        last = next(self._imports(it.stage), None)
        return last is not None and last.trailers[IMPORT_TRAILER] == it.origin

    def _moved_here(self, it: StagePlan) -> str:
        """Say that a stage is left alone, since both sides moved it; nothing if it is not."""
        moves = self._moves(it.stage)
        if not moves or self._is_so(it) or self._is_import(moves[0]):
            return ""
        follow = f"mreg promote {self._artifact}@{it.version} {it.stage}"
        return (
            f"{it.stage} was changed here by {moves[0].author} and is not changed; at the "
            f"source, {it.label} points to version {it.number}: to follow it, run `{follow}`"
        )

    def _gone(self) -> Iterator[str]:
        """Iterate over what was imported, and is no longer there."""
        for origin, it in self._present.of_model(self._model).items():
            if origin not in self._origins:
                yield f"{it.version} was removed at the source, and remains here"


def _other_name(model: SourceModel) -> str:
    return f"--map {_pair(model.name, 'NAME')}"


def _pair(old: str, new: str) -> str:
    return shlex.quote(f"{old}={new}")
