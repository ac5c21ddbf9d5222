"""The registry store that MLflow asks: every question is answered by the registry in Git.

What it writes are events of the registry, made and published as mreg's commands make them. What Git
cannot do is refused, with what to do instead (docs/how-to/mlflow.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NoReturn, get_args

from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS
from mlflow.store.artifact.utils.models import ParsedModelUri, _parse_model_uri
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
    SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD,
)
from mlflow.store.model_registry.abstract_store import AbstractStore

from mreg.core.versions import Bump
from mreg.errors import InvalidName
from mreg.integrations import address, entries, names, refusals, stages
from mreg.integrations.address import VersionAddress
from mreg.integrations.cache import EntryCache
from mreg.integrations.entries import COMMIT, MLFLOW_MODEL, MLFLOW_RUN, MLFLOW_RUN_LINK
from mreg.integrations.mlflow import entities, models, numbers, search
from mreg.integrations.mlflow.failures import absent, invalid, text, translated
from mreg.integrations.mlflow.models import MlflowModel, MlflowVersion
from mreg.integrations.stages import ARCHIVED, NONE, STAGES
from mreg.net.network import Network
from mreg.registry import Registry

_SIGNING = 10.0
"""Within so many seconds something has to be signed: nobody is there to type a passphrase."""

_REV, _VERSION, _BUMP = "mreg.rev", "mreg.version", "mreg.bump"
"""The tags by which whoever creates a version says which commit, and which version."""

_RESERVED = re.compile("latest|v[0-9]+", re.IGNORECASE)
"""The aliases that MLflow lets nobody set."""

_WEBHOOKS = (
    "use `mreg notify` and `mreg watch` to post events to webhooks: see `mreg notify --help`"
)

_INTEGER = re.compile(r"\s*-?[0-9]+\s*")


class MregStore(AbstractStore):  # type: ignore[misc] # MLflow is not typed
    """A registry in Git, as MLflow's registry store.

    It may be used by any number of threads. Each answer is as of the moment of its question.
    """

    @translated()
    def __init__(self, store_uri: str, tracking_uri: str | None = None) -> None:
        """Open the registry at an address (`mreg.integrations.mlflow.address`)."""
        super().__init__(store_uri, tracking_uri)
        self._given = store_uri, tracking_uri
        self._address = address.parse(store_uri)
        network = Network(signing=_SIGNING)
        self._registry = Registry.open(self._address.place, network=network)
        self._models = EntryCache(self._registry, models.model)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the address: whoever gets it opens the registry anew."""
        return type(self), self._given

    # Models

    @translated()
    def get_registered_model(self, name: str) -> RegisteredModel:
        """Return a model."""
        return entities.model(self._model(name), self._address)

    @translated()
    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """Return a page of the models that an expression is true of; by name, unless said."""
        most = SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD
        found = search.models(self._models.all(), filter_string, order_by)
        made = partial(entities.model, address=self._address)
        return search.page(found, made, max_results, most, page_token, order_by or ())

    @translated()
    def get_latest_versions(
        self, name: str, stages: Sequence[str] | None = None
    ) -> list[ModelVersion]:
        """Return the version that is to be used from each of some stages; None: of all of MLflow's.

        A stage is one of MLflow's, or one of the registry's.
        """
        wanted = tuple(text("stages", it) for it in stages or STAGES)
        found = entities.latest(self._model(name), wanted, self._address.stages)
        return [self._made(it) for it in found]

    @translated()
    def create_registered_model(
        self,
        name: str,
        tags: Iterable[Any] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """Return a model that comes into being with its first version; nothing is written yet."""
        self._must_write()
        artifact = self._artifact(name)
        if self._models.one(artifact):
            raise MlflowException(
                f"Registered Model (name={name}) already exists.", RESOURCE_ALREADY_EXISTS
            )
        said = {it.key for it in tags or ()}
        if IS_PROMPT_TAG_KEY in said:
            raise invalid(
                f"the prompt {name} cannot be stored in a Git registry, because MLflow "
                "changes the tags of prompts",
                "use one of MLflow's own registries for prompts",
            )
        if description or said:
            raise refusals.no_version_yet(name)
        refusals.check_new(artifact)
        return RegisteredModel(name)

    @translated()
    def update_registered_model(
        self, name: str, description: str, deployment_job_id: str | None = None
    ) -> NoReturn:
        """Refuse: what a model is stands in a commit."""
        raise refusals.said_of_model()

    def rename_registered_model(self, name: str, new_name: str) -> NoReturn:
        """Refuse: tags that were published keep their names."""
        raise invalid(
            f"{name} cannot be renamed: its events are tags, which may already be published",
            "register its next version under the new name, and run `mreg deprecate` for the "
            "old name",
        )

    @translated()
    def delete_registered_model(self, name: str) -> NoReturn:
        """Refuse: what happened stays in the history."""
        raise refusals.deleted_whole(name)

    @translated()
    def set_registered_model_tag(self, name: str, tag: Any) -> NoReturn:
        """Refuse: what a model is stands in a commit."""
        raise refusals.said_of_model()

    @translated()
    def delete_registered_model_tag(self, name: str, key: str) -> NoReturn:
        """Refuse: what a model is stands in a commit."""
        raise refusals.said_of_model()

    # Versions

    @translated()
    def get_model_version(self, name: str, version: str | int) -> ModelVersion:
        """Return a version, by its number or as mreg calls it."""
        return self._made(self._version(name, version))

    @translated()
    def get_model_version_download_uri(self, name: str, version: str | int) -> str:
        """Return the URI from which whoever wants the bytes of a version gets them."""
        found = self._version(name, version)
        return self._address.version(found.artifact, found.semver)

    @translated()
    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """Return a page of the versions that an expression is true of; the newest first.

        Those that have no number are not among them: programs call int() on what they find.
        """
        most = SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD
        asked = search.named(filter_string)
        entries = self._models.all() if asked is None else self._known(asked)
        among = (one for it in entries for one in it.numbered)
        found = search.versions(among, self._address, filter_string, order_by)
        return search.page(
            found, self._made, max_results, most, page_token, order_by or search.OF_VERSIONS
        )

    @translated()
    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Iterable[Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: str | None = None,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Register a version at the commit that the tag `mreg.rev` or the source names."""
        self._must_write()
        artifact = self._artifact(name)
        said = {it.key: it.value for it in tags or ()}
        rev = said.pop(_REV, None) or self._rev(source)
        version, bump = said.pop(_VERSION, None), said.pop(_BUMP, None)
        if kept := sorted(key for key in said if not key.startswith(entries.PREFIX)):
            raise refusals.no_room(kept[0])
        if bump is not None and bump not in get_args(Bump):
            raise invalid(f"{_BUMP} is {bump!r}", f"use one of {', '.join(get_args(Bump))}")
        given = {"run_id": run_id, "run_link": run_link, "model_id": model_id}
        for key, value in {**given, "description": description}.items():
            text(key, value or "")
        origin = {MLFLOW_RUN: run_id, MLFLOW_RUN_LINK: run_link, MLFLOW_MODEL: model_id}
        message = entries.message(description or "", {key: it for key, it in origin.items() if it})
        made = self._registry.register(artifact, rev, version=version, bump=bump, message=message)
        return self._made(self._version(name, str(made.version)))

    def _rev(self, source: str) -> str:
        """Return the commit that a source names, or that of the version that it is."""
        scheme = text("source", source).partition(":")[0]
        if scheme in address.SCHEMES:
            found = address.source(source, self._address)
            if isinstance(found, VersionAddress):
                return self._version(names.shown(found.artifact), found.version).tags[COMMIT]
            if found:
                return found
        if scheme == "models":
            named = self._named(source)
            if named.name and named.alias:
                return self._under(named.name, named.alias).tags[COMMIT]
            if named.name and named.version:
                return self._version(named.name, named.version).tags[COMMIT]
        raise refusals.no_rev(source, self._address.uri, f"a tag {_REV}")

    @staticmethod
    def _named(source: str) -> ParsedModelUri:
        """Take apart a source such as models:/churn/1."""
        try:
            return _parse_model_uri(source)
        except (MlflowException, ValueError) as error:  # of MLflow's own, which would be a 500
            raise invalid(str(error)) from error

    @translated()
    def update_model_version(
        self, name: str, version: str | int, description: str | None = None
    ) -> NoReturn:
        """Refuse: a version does not change."""
        raise refusals.said_of_version()

    @translated()
    def delete_model_version(self, name: str, version: str | int) -> None:
        """Deregister a version; refused while it holds a stage."""
        self._must_write()
        found = self._version(name, version)
        self._registry.deregister(found.selector)

    @translated()
    def set_model_version_tag(self, name: str, version: str | int, tag: Any) -> NoReturn:
        """Refuse: a version does not change."""
        raise refusals.said_of_version()

    @translated()
    def delete_model_version_tag(self, name: str, version: str | int, key: str) -> NoReturn:
        """Refuse: a version does not change."""
        raise refusals.said_of_version()

    @translated()
    def transition_model_version_stage(
        self, name: str, version: str | int, stage: str, archive_existing_versions: bool
    ) -> ModelVersion:
        """Promote a version to a stage; to "None" takes it out of Production and of Staging."""
        self._must_write()
        if archive_existing_versions or text("stage", stage).casefold() == ARCHIVED.casefold():
            raise invalid(
                "a Git registry archives nothing: a stage has the version promoted last, and "
                "the history has the earlier ones",
                "omit archive_existing_versions, or delete the version",
            )
        found = self._version(name, version)
        if stage.casefold() == NONE.casefold():
            for own in entities.HELD:
                if at := stages.meant(own, self._address.stages, found.stages):
                    self._registry.demote(found.selector, at)
        else:
            self._registry.promote(found.selector, self._stage(found.artifact, stage))
        return self._made(self._version(name, version))

    def _stage(self, artifact: str, stage: str) -> str:
        """Return the stage that is meant: what the address says, or one of that name in any case.

        Those that the artifact is in are looked at first, then those of the policy.
        """
        held = self._models.one(artifact)
        known = stages.known(self._registry, held)
        wanted = names.meant(stage) or stage
        found = stages.meant(wanted, self._address.stages, known)
        return found or self._address.stages.get(stage.capitalize(), wanted)

    # Aliases

    @translated()
    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """Return the version that holds a stage; or by `latest`, or as mreg calls it."""
        return self._made(self._under(name, alias))

    @translated()
    def set_registered_model_alias(self, name: str, alias: str, version: str | int) -> None:
        """Promote a version to a stage; if it holds it already, that is so."""
        self._must_write()
        found = self._version(name, version)
        stage = names.meant(text("alias", alias))
        by_itself = _RESERVED.fullmatch(alias) or (
            not alias.isdigit() and numbers.version(alias) is not None
        )
        if stage is None or by_itself:
            raise invalid(
                f"the alias {alias!r} is set automatically, and cannot be changed",
                "use the name of a stage as alias, such as prod or staging",
            )
        self._registry.promote(found.selector, stage)

    @translated()
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Take everything out of a stage, so that nothing is in it; if so already, that is so."""
        self._must_write()
        found = self._model(name)
        if text("alias", alias) in found.aliases:
            self._registry.demote_all(found.artifact, names.meant(alias) or alias)

    # Webhooks: none, and no error of MLflow's for a method that is not there, which is a 500

    def create_webhook(self, name: str, url: str, events: Sequence[Any], **more: Any) -> NoReturn:
        """Refuse: mreg has its own."""
        raise invalid(f"the webhook {name} cannot be stored in a Git registry", _WEBHOOKS)

    def get_webhook(self, webhook_id: str) -> NoReturn:
        """Refuse: there is none."""
        raise absent(f"Webhook with ID {webhook_id} not found.", _WEBHOOKS)

    def update_webhook(self, webhook_id: str, *given: Any, **more: Any) -> NoReturn:
        """Refuse: there is none."""
        self.get_webhook(webhook_id)

    def delete_webhook(self, webhook_id: str) -> NoReturn:
        """Refuse: there is none."""
        self.get_webhook(webhook_id)

    def test_webhook(self, webhook_id: str, event: Any = None) -> NoReturn:
        """Refuse: there is none."""
        self.get_webhook(webhook_id)

    def list_webhooks(
        self, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Any]:
        """Return that there are none: mreg has its own (docs/how-to/ci.md)."""
        return PagedList([], None)

    def list_webhooks_by_event(
        self, event: Any, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Any]:
        """Return that there are none."""
        return PagedList([], None)

    # What the above is made of

    def _artifact(self, name: str | None) -> str:
        if name is None or not text("name", name).strip():
            raise invalid("Missing value for required parameter 'name'.")
        artifact = names.meant(name)
        if artifact is None:
            raise invalid(
                f"Invalid model name '{name}'. Names cannot contain '/' or ':'.",
                f"in this registry it is called {names.shown(name)}",
            )
        return artifact

    def _known(self, name: str) -> list[MlflowModel]:
        """Return the model of a name, or none; any text may be asked for."""
        artifact = names.meant(name)
        try:
            found = self._models.one(artifact) if artifact else None
        except InvalidName:
            found = None
        return [found] if found else []

    def _model(self, name: str) -> MlflowModel:
        self._artifact(name)
        for found in self._known(name):
            return found
        raise absent(f"Registered Model with name={name} not found")

    def _version(self, name: str, version: str | int) -> MlflowVersion:
        model = self._model(name)
        wanted = numbers.version(str(version))
        if wanted is None and not _INTEGER.fullmatch(str(version)):
            raise invalid(
                f"Parameter 'version' must be an integer, got '{version}'.",
                "write the number, or a version such as v1.2.0",
            )
        if found := model.versions.get(wanted or ""):
            return found
        why = f"{model.artifact} {wanted} was deregistered" if wanted in model.ended else ""
        raise absent(f"Model Version (name={name}, version={version}) not found", why)

    def _under(self, name: str, alias: str) -> MlflowVersion:
        found = self._model(name).under(text("alias", alias))
        if found is None:
            raise invalid(f"Registered model alias {alias} not found.")
        return found

    def _made(self, it: MlflowVersion) -> ModelVersion:
        return entities.version(it, self._address)

    def _must_write(self) -> None:
        if not self._address.write:
            how = "add ?write=true to its address"
            raise refusals.read_only("MLflow", self._address.uri, how)

    def _await_model_version_creation(self, mv: ModelVersion, await_creation_for: Any) -> None:
        """Do not wait: a version is there as soon as it is registered."""
