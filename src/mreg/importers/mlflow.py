"""MLflow's registry as a source, asked through MLflow's own client (docs/how-to/import.md).

Written against MLflow 3.17.2. There a version's source is mostly `models:/m-ID`, a logged model;
params and metrics stand with the run or with that; the signature stands in the file MLmodel.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from mreg.errors import NotFound, RemoteError, UsageError
from mreg.importers.source import ImportSource, SourceModel, SourceVersion, VersionDetails
from mreg.net import urls
from mreg.system import distribution

_PAGE = 1000
_RETRIES = 2
"""How often MLflow repeats a request that fails, where the user has not set it: by itself it does
so for minutes."""

_PROMPT = "mlflow.prompt.is_prompt"
_STAGES = ("Production", "Staging")
_READY = "READY"
_LOCAL = ("", "file")
_FROM_DATABASE = "run the import on the machine with that folder, from the server's database"
_PROXIED = "mlflow-artifacts"
_GENERAL = "python_function"
_ANY = "%:/?#[]@!$&'()*+,;="


class MlflowSource(ImportSource):
    """The registry of an MLflow server, or of a database that MLflow keeps."""

    kind = "mlflow"

    def __init__(self, uri: str) -> None:
        """Take its address, as `mlflow.set_tracking_uri` does; nothing is asked yet.

        Raises:
            UsageError: MLflow is not installed, or it is the address of no MLflow.
            NotFound: there is no such database, which MLflow would make.
        """
        scheme, _, rest = uri.partition(":")
        if scheme in ("mreg", "mreg+file", "mreg+https", "mreg+ssh") or not rest:
            raise UsageError(
                f"{urls.mask(uri)!r} is not the address of an MLflow registry",
                hint="write http://HOST:PORT, https://HOST, or sqlite:////PATH/mlflow.db",
            )
        file = Path(unquote(uri.removeprefix("sqlite:///")))
        if scheme == "sqlite" and not file.is_file():
            raise NotFound(f"there is no database {file}")
        try:
            import mlflow  # noqa: F401 - whether it is there
        except ModuleNotFoundError:
            hint = f"run `{distribution.command('mlflow')}`"
            raise UsageError("MLflow is not installed", hint=hint) from None
        self._uri = uri
        self._is_local = scheme not in ("http", "https")
        self.address = urls.without_secrets(uri).rstrip("/")
        self.title = f"MLflow at {self.address}"
        self._experiments: dict[str, str] = {}

    def names(self) -> Sequence[str]:
        """Return the names of the registered models, without prompts."""
        return [*self._registered]

    def models(self, names: Sequence[str]) -> Sequence[SourceModel]:
        """Return some of the registered models."""
        wanted = dict.fromkeys(names)
        found: dict[str, list[Any]] = {it: [] for it in wanted}
        for it in self._pages(self._client.search_model_versions, self._filter(names)):
            if it.name in found:
                found[it.name].append(it)
        return [self._model(name, versions) for name, versions in found.items()]

    def details(
        self, model: SourceModel, version: SourceVersion, folder: Path | None
    ) -> VersionDetails:
        """Return what a version's run, its logged model and its file MLmodel say of it."""
        notes: list[str] = []
        run = self._optional(notes, "its run", self._client.get_run, version.about.get("run_id"))
        logged = self._optional(
            notes, "its logged model", self._client.get_logged_model, version.about.get("model_id")
        )
        url = self._optional(notes, "its address", self._address, version)
        packed = self._optional(notes, "its file MLmodel", self._mlmodel(folder), url) or _Packed()
        found = [it for it in (logged, run and run.data) if it]
        metrics = {key: it for said in found for key, it in _metrics(said).items()}
        params = {key: plain(it) for said in found for key, it in (said.params or {}).items()}
        name, number = packed.framework
        fields = {
            "framework": {"name": name, **({"version": number} if number else {})} if name else {},
            "metrics": metrics,
            "params": params,
            "schema": packed.schema,
            "signature": packed.signature,
        }
        about = self._about_run(run) if run else {}
        return VersionDetails(fields, about, self._public(url or ""), tuple(notes))

    def download(self, model: SourceModel, version: SourceVersion, folder: Path) -> None:
        """Download a version's files from where MLflow says that they are."""
        url = self._address(version)
        if not url:
            raise RemoteError("it has no source")
        self._fetch(url, folder)

    # What MLflow is asked

    @cached_property
    def _client(self) -> Any:
        from mlflow import MlflowClient
        from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES as RETRIES

        for it in ("mlflow", "alembic"):  # they tell of what they do to a database
            logging.getLogger(it).setLevel(logging.WARNING)
        if not RETRIES.is_set():
            RETRIES.set(_RETRIES)
        with _asking(self.title):
            return MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)

    @cached_property
    def _registered(self) -> dict[str, Any]:
        """The registered models, by name: prompts are kept as such, too, and are none."""
        found = self._pages(self._client.search_registered_models, None)
        return {it.name: it for it in found if _PROMPT not in (it.tags or {})}

    def _pages(self, search: Callable[..., Any], query: str | None) -> Iterator[Any]:
        token: str | None = None
        while True:
            with _asking(self.title):
                page = search(query, max_results=_PAGE, order_by=["name ASC"], page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    def _filter(self, names: Sequence[str]) -> str | None:
        """Return what asks for one model alone; its filters know no way to write every name."""
        return f"name = '{names[0]}'" if len(names) == 1 and "'" not in names[0] else None

    def _address(self, version: SourceVersion) -> str:
        """Return where a version's files are.

        Where that is another model (`models:/`), this registry is asked for it: MLflow's own reader
        would ask the one that the user's settings name.
        """
        from mlflow.store.artifact.utils.models import get_model_name_and_version

        name, _, number = version.key.rpartition("/")
        with _asking(self.title):
            url = str(self._client.get_model_version_download_uri(name, number) or "")
            if urlsplit(url).scheme == "models":
                found = get_model_name_and_version(self._client, url)
                ask = "get_model_version_download_uri" if found[1:] else "get_logged_model"
                said = getattr(self._client, ask)(*found)
                url = said if found[1:] else said.artifact_location
            return url

    def _fetch(self, url: str, folder: Path) -> Path:
        """Download a file or folder.

        Raises:
            RemoteError: it cannot be had, or a server means a folder of this machine.
        """
        if self._is_elsewhere(url):
            raise RemoteError(
                f"the files are at {url}, in a folder on the server",
                hint=_FROM_DATABASE,
            )
        from mlflow.artifacts import download_artifacts

        with _asking(urls.mask(url)), nullcontext() if self._is_local else _no_local_files():
            return Path(
                download_artifacts(artifact_uri=url, dst_path=str(folder), tracking_uri=self._uri)
            )

    def _is_elsewhere(self, url: str) -> bool:
        """Tell whether an address is that of a folder on the server's machine."""
        return urlsplit(url).scheme in _LOCAL and not self._is_local

    def _mlmodel(self, folder: Path | None) -> Callable[[str], _Packed]:
        """Return what reads the file MLmodel, in a folder or at an address."""

        def read(url: str) -> _Packed:
            if folder:
                file = folder / "MLmodel"
                return _packed(file) if file.is_file() else _Packed()
            with tempfile.TemporaryDirectory(prefix="mreg-import-") as place:
                return _packed(self._fetch(f"{url.rstrip('/')}/MLmodel", Path(place)))

        return read

    def _optional(self, notes: list[str], what: str, ask: Callable[[Any], Any], key: Any) -> Any:
        """Return what is asked for; where it cannot be had, note that. None without a key."""
        if not key:
            return None
        try:
            with _asking(self.title):
                return ask(key)
        except RemoteError as error:
            notes.append(f"{what} is omitted, because it cannot be read: {error}")
            return None

    # What it answers, as values

    def _model(self, name: str, listed: Sequence[Any]) -> SourceModel:
        said = self._registered[name]
        prefix = f"{self.kind}:{quote(self.address, safe=_ANY)}/{quote(name, safe='')}/"
        versions = [
            self._version(prefix, it) for it in sorted(listed, key=lambda it: int(it.version))
        ]
        held = {
            it.current_stage: str(it.version)
            for it in sorted(listed, key=lambda it: int(it.version))
            if it.current_stage in _STAGES and it.status == _READY
        }
        aliases = {alias: str(number) for alias, number in (said.aliases or {}).items()}
        notes = [] if listed else ["it has no versions"]
        notes += (
            (
                f"its stage {it} has version {held[it]} and its alias {it} has version "
                f"{aliases[it]}; the alias takes precedence"
            )
            for it in held.keys() & aliases.keys()
            if held[it] != aliases[it]
        )
        return SourceModel(
            name,
            prefix,
            said.description or "",
            dict(said.tags or {}),
            tuple(versions),
            held | aliases,
            tuple(sorted(notes)),
        )

    def _version(self, prefix: str, it: Any) -> SourceVersion:
        scheme, _, rest = (it.source or "").partition(":/")
        about = {
            "source": urls.mask(it.source or ""),
            "run_id": it.run_id,
            "run_link": it.run_link,
            "model_id": it.model_id or (rest if scheme == "models" and "m-" in rest else None),
            "user": it.user_id,
            "stage": None if it.current_stage in (None, "None") else it.current_stage,
        }
        said = f": {it.status_message}" if it.status_message else ""
        return SourceVersion(
            str(it.version),
            -1 if it.creation_timestamp is None else it.creation_timestamp,
            f"{prefix}{it.version}",
            it.description or "",
            dict(it.tags or {}),
            {key: value for key, value in about.items() if value},
            "" if it.status == _READY else f"its status in MLflow is {it.status}{said}",
            f"{it.name}/{it.version}",
        )

    def _about_run(self, run: Any) -> dict[str, Any]:
        said = run.inputs.dataset_inputs if run.inputs else ()
        names = ("name", "digest", "source_type")
        return {
            "run_name": run.info.run_name,
            "experiment": self._experiment(run.info.experiment_id),
            "user": run.info.user_id,
            "commit": run.data.tags.get("mlflow.source.git.commit"),
            "datasets": [{key: getattr(it.dataset, key) for key in names} for it in said],
        }

    def _experiment(self, key: str) -> str:
        if key not in self._experiments:
            with _asking(self.title):
                self._experiments[key] = self._client.get_experiment(key).name
        return self._experiments[key]

    def _public(self, url: str) -> str:
        """Return an address as it holds elsewhere, with the server's name in it; or nothing."""
        parts = urlsplit(url)
        if self._is_elsewhere(url):
            return ""
        if parts.scheme == _PROXIED and not parts.netloc:
            return f"{_PROXIED}://{urlsplit(self.address).netloc}/{parts.path.lstrip('/')}"
        return urls.without_secrets(url)


def plain(param: str) -> Any:
    """Return a param, which MLflow keeps as text, as the number or boolean that it was.

    Only where nothing is lost: "0.10" and "True" stay texts.
    """
    try:
        value = json.loads(param)
    except (ValueError, RecursionError):
        return param
    same = isinstance(value, int | float) and json.dumps(value, allow_nan=True) == param
    return value if same and param not in ("NaN", "Infinity", "-Infinity") else param


def _metrics(said: Any) -> dict[str, float]:
    """Return the metrics of a run, or of a logged model, which has a list of them."""
    if isinstance(said.metrics, Mapping):
        return dict(said.metrics)
    return {it.key: it.value for it in said.metrics or ()}


def _framework(flavors: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name and the version of what a model was made with: "scikit-learn", "1.5.0"."""
    name = next((it for it in flavors if it != _GENERAL), "")
    said = flavors.get(name) or {}
    version = next((str(it) for key, it in said.items() if key.endswith("_version")), "")
    return {"sklearn": "scikit-learn"}.get(name, name), version


def _signature(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a signature, of which MLmodel has each part as a text of JSON."""
    parts = {
        "input": said.get("inputs"),
        "output": said.get("outputs"),
        "params": said.get("params"),
    }
    return {key: json.loads(text) for key, text in parts.items() if text}


class _Packed(NamedTuple):
    """What a file MLmodel says: the name and version of the framework, and the signature."""

    framework: tuple[str, str] = ("", "")
    signature: Mapping[str, Any] = {}

    @property
    def schema(self) -> dict[str, Any]:
        """The signature as a schema, as far as it can be one."""
        from mreg.schemas import mlflow

        found = mlflow.schema(self.signature.get("input"), self.signature.get("output"))
        return found.plain() if found else {}


def _packed(file: Path) -> _Packed:
    import yaml

    with _asking(file.name):  # whatever else it may hold than MLflow would have written
        found = yaml.safe_load(file.read_text("utf-8")) or {}
        return _Packed(
            _framework(found.get("flavors") or {}), _signature(found.get("signature") or {})
        )


@contextmanager
def _no_local_files() -> Iterator[None]:
    """Let MLflow read no file of this machine, wherever `runs:/` or `models:/` may lead it."""
    from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry

    def refused(artifact_uri: str, *_: Any, **__: Any) -> None:
        raise RemoteError(
            f"the server refers to {urls.mask(artifact_uri)}, a place on this machine",
            hint=_FROM_DATABASE,
        )

    readers = _artifact_repository_registry.get_registered_artifact_repositories()
    local = {key: it for key, it in readers.items() if key in _LOCAL or key.startswith("mreg")}
    readers.update(dict.fromkeys(local, refused))
    try:
        yield
    finally:
        readers.update(local)


@contextmanager
def _asking(what: str) -> Iterator[None]:
    """Turn whatever MLflow, and the libraries that it reaches stores by, raise into an error."""
    try:
        yield
    except (RemoteError, NotFound, UsageError):
        raise
    except Exception as error:  # there is no common class: MLflow's, SQLAlchemy's, boto3's
        said = urls.mask(" ".join(str(error).split())) or type(error).__name__
        raise RemoteError(f"{what}: {said}", hint=_hint(error)) from None


def _hint(error: Exception) -> str:
    code = getattr(error, "get_http_status_code", lambda: 0)()
    if code in (401, 403):
        return "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
    if isinstance(error, ModuleNotFoundError):
        return (
            "MLflow needs that module for this address: install it in the same environment as mreg"
        )
    return ""
