"""The component that ZenML asks: every question is answered by the registry in Git.

What it records are events, made and published as mreg's commands make them. What Git cannot do is
refused, with what to do instead (docs/how-to/zenml.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn, cast, get_args

from click import ClickException
from zenml.client import Client
from zenml.exceptions import EntityExistsError
from zenml.io import fileio
from zenml.model_registries.base_model_registry import (
    BaseModelRegistry,
    ModelRegistryModelMetadata,
    ModelVersionStage,
    RegisteredModel,
    RegistryModelVersion,
)

from mreg.core.versions import Bump
from mreg.errors import InvalidName, MregError, Refused, UsageError
from mreg.integrations import address, entries, names, refusals, stages
from mreg.integrations.address import RegistryAddress, VersionAddress
from mreg.integrations.cache import EntryCache
from mreg.integrations.entries import COMMIT, ZENML, ArtifactEntry, VersionEntry
from mreg.integrations.stages import ARCHIVED, NONE, PRODUCTION, STAGING
from mreg.integrations.zenml.runs import run_metadata
from mreg.integrations.zenml.settings import MregModelRegistryConfig
from mreg.net.network import Network
from mreg.registry import Registry

_SIGNING = 10.0
"""Within so many seconds something has to be signed: nobody is there to type a passphrase."""

_FORMAT = "mreg"
"""What ZenML is told of the format of the files: what is in them is the annotation's to say."""

_HELD = (PRODUCTION, STAGING, ARCHIVED)
"""The stages of ZenML's that stages of a registry can stand for; a version is told to be in the
first of them that it holds."""

_ORDERS = ("asc", "desc")


class Failed(ClickException, RuntimeError):
    """Something is refused or failed: a RuntimeError to programs, and a message to ZenML's command.

    Of any other error its command prints a traceback.
    """


@contextmanager
def _translated() -> Iterator[None]:
    """Raise what mreg raises as a RuntimeError, as ZenML wants it, with what to do about it."""
    try:
        yield
    except MregError as error:
        raise Failed(refusals.words(str(error), error.hint)) from error


class MregModelRegistry(BaseModelRegistry):  # type: ignore[misc] # ZenML is not typed
    """A registry in Git, as one of ZenML's model registries.

    Each answer is as of the moment of its question. Of all methods: a model or a version that is
    not there is a KeyError, and what is refused or fails a RuntimeError.
    """

    @property
    def config(self) -> MregModelRegistryConfig:
        """The settings."""
        return cast(MregModelRegistryConfig, self._config)

    # Models

    @_translated()
    def register_model(
        self, name: str, description: str | None = None, metadata: dict[str, str] | None = None
    ) -> RegisteredModel:
        """Return a model that comes into being with its first version; nothing is written yet.

        Raises:
            EntityExistsError: it has one.
        """
        self._must_write()
        if self._entries.one(name):
            raise EntityExistsError(f"There is a model {name} already.")
        if description or metadata:
            raise refusals.no_version_yet(name)
        refusals.check_new(name)
        return RegisteredModel(name=name)

    @_translated()
    def delete_model(self, name: str) -> NoReturn:
        """Refuse: what happened stays in the history."""
        raise refusals.deleted_whole(self._model(name).artifact)

    @_translated()
    def update_model(
        self,
        name: str,
        description: str | None = None,
        metadata: dict[str, str] | None = None,
        remove_metadata: list[str] | None = None,
    ) -> RegisteredModel:
        """Return a model; whatever is to be changed is refused, since it stands in a commit."""
        found = self._model(name)
        if description or metadata or remove_metadata:
            raise refusals.said_of_model()
        return _shown_model(found)

    @_translated()
    def get_model(self, name: str) -> RegisteredModel:
        """Return a model."""
        return _shown_model(self._model(name))

    @_translated()
    def list_models(
        self, name: str | None = None, metadata: dict[str, str] | None = None
    ) -> list[RegisteredModel]:
        """Return the models of a name, and of which all of the metadata is true; by name."""
        found = map(_shown_model, self._among(name))
        return [it for it in found if (metadata or {}).items() <= it.metadata.items()]

    # Versions

    @_translated()
    def register_model_version(
        self,
        name: str,
        version: str | None = None,
        model_source_uri: str | None = None,
        description: str | None = None,
        metadata: ModelRegistryModelMetadata | None = None,
        *,
        bump: Bump | None = None,
        **kwargs: Any,
    ) -> RegistryModelVersion:
        """Register a version at a commit, with where in ZenML that is done.

        Args:
            name: the model.
            version: the version; without it, it follows from the latest one.
            model_source_uri: the commit, as `mreg:///path?rev=main`, or a version that is at it;
                without it, HEAD.
            description: what to say of it.
            metadata: the run; without it, the step that is running.
            bump: how the version follows; a patch up if that is not said.
            kwargs: none are known.
        """
        self._must_write()
        if kwargs:
            raise UsageError(
                f"register_model_version does not support {min(kwargs)}", hint="omit it"
            )
        if bump is not None and bump not in get_args(Bump):
            raise UsageError(f"bump is {bump!r}", hint=f"use one of {', '.join(get_args(Bump))}")
        said = run_metadata() | (metadata.model_dump() if metadata else {})
        if more := sorted(said.keys() - ZENML.keys()):
            raise refusals.no_room(more[0])
        message = entries.message(
            description or "", {line: str(said[key]) for key, line in ZENML.items() if key in said}
        )
        rev = "HEAD" if model_source_uri is None else self._rev(model_source_uri)
        made = self._registry.register(name, rev, version=version, bump=bump, message=message)
        return self.get_model_version(name, str(made.version))

    def _rev(self, source: str) -> str:
        """Return the commit that a source names, or that of the version that it is."""
        found = address.source(source, self._address)
        if isinstance(found, VersionAddress):
            return self._version(found.artifact, found.version)[1].tags[COMMIT]
        if found is None:
            raise refusals.no_rev(source, self._address.uri, "no source at all, which means HEAD")
        return found

    @_translated()
    def delete_model_version(self, name: str, version: str) -> None:
        """Deregister a version; refused while it holds a stage."""
        self._must_write()
        _, found = self._version(name, version)
        self._registry.deregister(found.selector)

    @_translated()
    def update_model_version(
        self,
        name: str,
        version: str,
        description: str | None = None,
        metadata: ModelRegistryModelMetadata | None = None,
        remove_metadata: list[str] | None = None,
        stage: ModelVersionStage | None = None,
    ) -> RegistryModelVersion:
        """Promote a version to a stage; "None" takes it out of all that stand for ZenML's own.

        Whatever else is to be changed is refused: it stands in a commit.
        """
        self._must_write()
        model, found = self._version(name, version)
        if description or (metadata and metadata.model_dump()) or remove_metadata:
            raise refusals.said_of_version()
        if stage is ModelVersionStage.NONE:
            for own in _HELD:
                if at := stages.meant(own, self.config.stages, found.stages):
                    self._registry.demote(found.selector, at)
        elif stage is not None:
            self._registry.promote(found.selector, self._stage(model, stage.value))
        return self.get_model_version(name, found.semver)

    def _stage(self, model: ArtifactEntry[VersionEntry], wanted: str) -> str:
        """Return the stage that one of ZenML's stands for: by the settings, else by its name."""
        known = stages.known(self._registry, model)
        found = stages.meant(wanted, self.config.stages, known) or self.config.stages.get(wanted)
        if found is None:
            setting = wanted.lower()
            there = f"the stages are {', '.join(known)}" if known else "there are no stages yet"
            raise Refused(
                f"no stage is set for {wanted}: {there}",
                hint=f"set one with `zenml model-registry update {self.name} --{setting}=STAGE`",
            )
        return found

    @_translated()
    def list_model_versions(
        self,
        name: str | None = None,
        model_source_uri: str | None = None,
        metadata: ModelRegistryModelMetadata | None = None,
        stage: ModelVersionStage | None = None,
        count: int | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        order_by_date: str | None = None,
        **kwargs: Any,
    ) -> list[RegistryModelVersion]:
        """Return versions, by name and from the newest by SemVer; or by when they were registered.

        Args:
            name: of this model.
            model_source_uri: the one with this address.
            metadata: of which all of this is true.
            stage: which hold the stage that this one stands for; "None": which hold none of these.
            count: at most so many.
            created_after: registered then or later; without a zone, by the clock of this machine.
            created_before: registered then or earlier.
            order_by_date: "asc" or "desc".
            kwargs: none are known.
        """
        if kwargs:
            raise UsageError(f"list_model_versions does not support {min(kwargs)}", hint="omit it")
        if order_by_date is not None and order_by_date not in _ORDERS:
            raise UsageError(f"order_by_date is {order_by_date!r}", hint="write asc or desc")
        if count is not None and count < 0:
            raise UsageError(f"count is {count}", hint="write how many versions to return at most")
        wanted = {key: str(it) for key, it in metadata.model_dump().items()} if metadata else {}
        found = [
            self._shown(model, it)
            for model in self._among(name)
            for it in model.versions.values()
            if stage is None or self._holds(it, stage.value)
        ]
        kept = [
            it
            for it in found
            if wanted.items() <= it.metadata.model_dump().items()
            and model_source_uri in (None, it.model_source_uri)
            and (created_after is None or it.created_at >= created_after.astimezone())
            and (created_before is None or it.created_at <= created_before.astimezone())
        ]
        if order_by_date:
            descending = order_by_date == "desc"
            kept = kept if descending else kept[::-1]  # of one second, the newer by SemVer is newer
            kept.sort(key=lambda it: it.created_at, reverse=descending)
        return kept[:count]

    def _holds(self, it: VersionEntry, wanted: str) -> bool:
        if wanted == NONE:
            return stages.shown(it.stages, _HELD, self.config.stages) == NONE
        return stages.meant(wanted, self.config.stages, it.stages) is not None

    def get_latest_model_version(
        self, name: str, stage: ModelVersionStage | None = None
    ) -> RegistryModelVersion | None:
        """Return the version that holds a stage, or else the highest by SemVer.

        The one that was registered last would be a patch of an old release, now and then.
        """
        return next(iter(self.list_model_versions(name, stage=stage, count=1)), None)

    @_translated()
    def get_model_version(self, name: str, version: str) -> RegistryModelVersion:
        """Return a version: v1.2.0 or 1.2.0."""
        return self._shown(*self._version(name, version))

    @_translated()
    def load_model_version(
        self, name: str, version: str, loader: Callable[..., Any] | None = None, **kwargs: Any
    ) -> Any:
        """Return what a function makes of the files of a version, or the path of these.

        They are fetched if they have to be, and held against their digest.

        Args:
            name: the model.
            version: the version.
            loader: such as `joblib.load`; called with the path of the file or the folder, which is
                only to be read.
            kwargs: what else to call it with.
        """
        _, found = self._version(name, version)
        if loader is None and kwargs:
            raise UsageError(
                f"{min(kwargs)} is not supported without a loader: mreg itself does not load "
                "models",
                hint="pass a loader, such as loader=joblib.load",
            )
        path = self._registry.get(found.selector)
        return path if loader is None else loader(path, **kwargs)

    @_translated()
    def get_model_uri_artifact_store(self, model_version: RegistryModelVersion) -> str:
        """Copy a version into the artifact store of the active stack, and return where it is."""
        found = self._version(model_version.registered_model.name, model_version.version)[1]
        kept = self._registry.get(found.selector)
        store = Client().active_stack.artifact_store.path.rstrip("/")
        place = f"{found.semver}-{found.tags[COMMIT]}"  # it may be registered elsewhere later
        top = "/".join((store, "mreg", names.shown(found.artifact), place))
        files = [kept] if kept.is_file() else sorted(it for it in kept.rglob("*") if it.is_file())
        base = kept.parent if kept.is_file() else kept
        for it in files:
            _copy(it, f"{top}/{it.relative_to(base).as_posix()}")
        return f"{top}/{kept.name}" if kept.is_file() else top

    # What the above is made of

    @cached_property
    def _address(self) -> RegistryAddress:
        given = self.config.uri
        if "?" in given:
            raise UsageError(
                f"the address {refusals.words(given, None)} contains options",
                hint="use the settings of the component instead: write, staging, production, "
                "archived",
            )
        return address.parse(given)

    @cached_property
    def _registry(self) -> Registry:
        return Registry.open(self._address.place, network=Network(signing=_SIGNING))

    @cached_property
    def _entries(self) -> EntryCache[ArtifactEntry[VersionEntry]]:
        return EntryCache(self._registry, partial(entries.artifact, version=VersionEntry))

    def _among(self, name: str | None) -> list[ArtifactEntry[VersionEntry]]:
        """Return the model of a name, or none; any text may be asked for. None: all of them."""
        if name is None:
            return self._entries.all()
        try:
            found = self._entries.one(name)
        except InvalidName:
            found = None
        return [found] if found else []

    def _model(self, name: str) -> ArtifactEntry[VersionEntry]:
        for found in self._among(name):
            return found
        raise KeyError(f"There is no model {name}.")

    def _version(self, name: str, version: str) -> tuple[ArtifactEntry[VersionEntry], VersionEntry]:
        model = self._model(name)
        wanted = version if version.startswith("v") else f"v{version}"
        if found := model.versions.get(wanted):
            return model, found
        if wanted in model.ended:
            raise KeyError(f"{model.artifact}@{wanted} was deregistered.")
        raise KeyError(f"There is no version {version} of {model.artifact}.")

    def _shown(self, model: ArtifactEntry[VersionEntry], it: VersionEntry) -> RegistryModelVersion:
        """Return a version as ZenML has it."""
        at = {recorded: own for own, recorded in ZENML.items()}
        origin = {at[key]: value for key, value in it.origin.items() if key in at}
        return RegistryModelVersion(
            version=it.semver,
            model_source_uri=self._address.version(it.artifact, it.semver),
            model_format=_FORMAT,
            model_library=it.tags.get("mreg.framework"),
            registered_model=_shown_model(model),
            description=it.description or None,
            created_at=_moment(it.created),
            last_updated_at=_moment(it.updated),
            stage=ModelVersionStage(stages.shown(it.stages, _HELD, self.config.stages)),
            metadata=ModelRegistryModelMetadata(**origin, **it.tags),
        )

    def _must_write(self) -> None:
        if not self.config.write:
            how = f"run `zenml model-registry update {self.name} --write=true`"
            raise refusals.read_only("ZenML", self._address.uri, how)


def _shown_model(it: ArtifactEntry[VersionEntry]) -> RegisteredModel:
    """Return a model as ZenML has it."""
    return RegisteredModel(
        name=it.artifact, description=it.description or None, metadata={**it.tags}
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _copy(source: Path, target: str) -> None:
    fileio.makedirs(target.rpartition("/")[0])
    fileio.copy(str(source), target, overwrite=True)
