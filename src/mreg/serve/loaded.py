"""A version that was loaded: from the bytes of a request to those of an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mreg.serve import decode, differences, encode, loaders, open_inference
from mreg.serve.encode import CannotEncode
from mreg.serve.loaders import CannotLoad, LoadRequest, Predictor
from mreg.serve.open_inference import Body
from mreg.serve.refusals import RequestRefused
from mreg.serve.versions import FetchedVersion
from mreg.tuples import NamedTuple


class ModelFailed(Exception):
    """The model raised an error, or what it says cannot be an answer."""


class NotLoaded(Exception):
    """There is no model yet."""


class LoadOptions(NamedTuple):
    """How models are loaded: see `mreg.serve.loaders.LoadRequest`."""

    loader: str | None = None
    trust_pickle: bool = False
    method: str | None = None


class LoadedModel:
    """A version with the model that it is. Any number of threads may use it at once.

    Attributes:
        version: the version.
        form: how its input looks in requests.
        format: the format that it was loaded from.
        remark: what its example told; empty if all is well.
    """

    def __init__(self, version: FetchedVersion, predictor: Predictor) -> None:
        """Take a predictor, and the schema that its version has.

        Raises:
            CannotLoad: the schema is none that requests can be held against.
        """
        self.version = version
        self.form = decode.form(version.schema)
        self.format = predictor.format
        self.named = version.wanted.named
        self.remark = ""
        self._predictor: Predictor | None = predictor
        self._users = 1  # the slot that holds it is one
        self._lock = threading.Lock()

    def try_out(self) -> None:
        """Answer the version's own example.

        Raises:
            CannotLoad: it cannot.
        """
        example = self.version.example
        if not isinstance(example, dict) or "input" not in example:
            self.remark = "the version has no example, so the model was not tried out"
            return
        try:
            found = encode.predictions(self.predict(self.form.of_example(example["input"])))
            encode.as_json(found)
        except (RequestRefused, ModelFailed, CannotEncode, RecursionError) as error:
            raise CannotLoad(
                f"{self._label}: the model fails on its own example: {error}",
                hint="check that the schema, the example and the model of the version match",
            ) from error
        said = example.get("output")
        if said is not None and not differences.same(found, said):
            self.remark = "the model's answer to its example differs from the recorded one"

    @property
    def _label(self) -> str:
        return f"{self.version.wanted.artifact} {self.named}"

    def predict(self, data: Any) -> Any:
        """Return what the model says.

        Raises:
            ModelFailed: it raises an error.
        """
        assert self._predictor is not None  # whoever asks holds it
        call = self._predictor.predict
        try:
            return call(data) if self.form.many else [call(it) for it in data]
        except (Exception, SystemExit) as error:  # of code that was written for a command
            raise ModelFailed(f"the model failed: {_shown(error)}") from error

    def answer_v2(self, raw: bytes, header: str | None, name: str) -> Body:
        """Return the answer to a request in V2.

        Raises:
            RequestRefused: it is not one that the version's schema allows.
            ModelFailed: the model cannot answer.
        """
        request = open_inference.parse(raw, header)
        result = self.predict(self.form.of_tensors(request.inputs))
        with _encoding():
            return open_inference.answer(request, name, self.named, encode.outputs(result))

    def answer_v1(self, raw: bytes) -> Body:
        """Return the answer to a request in V1; errors are as those of `answer_v2`."""
        said = open_inference.parse_json(raw)
        if not isinstance(said, dict) or not isinstance(instances := said.get("instances"), list):
            raise RequestRefused("the body must be an object with a list `instances`")
        with _encoding():
            return Body(encode.as_json({"predictions": self.predictions(instances)}))

    def predictions(self, instances: list[Any]) -> Any:
        """Return what the model says of instances, as JSON can say it."""
        with _encoding():
            return encode.predictions(self.predict(self.form.of_instances(instances)))

    # Who uses it

    def take(self) -> None:
        """Use it, until `release`."""
        with self._lock:
            self._users += 1

    def release(self) -> None:
        """Use it no longer; who is the last one closes it."""
        with self._lock:
            self._users -= 1
            unused = None if self._users else self._predictor
            if unused is not None:
                self._predictor = None
        if unused is not None:
            unused.close()


@contextmanager
def _encoding() -> Iterator[None]:
    try:
        yield
    except CannotEncode as error:
        raise ModelFailed(str(error)) from error


_MOST = 500


def _shown(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


def load(version: FetchedVersion, options: LoadOptions) -> LoadedModel:
    """Load a version, and try it with its example.

    Raises:
        CannotLoad: it cannot be loaded, or does not answer.
    """
    request = LoadRequest(version.path, version.annotation, *options)
    try:
        predictor = loaders.load(request)
    except SystemExit as error:  # of a loader that was written for a command
        raise CannotLoad(f"loading the model ended the process: exit {error.code}") from None
    try:
        found = LoadedModel(version, predictor)
        found.try_out()
    except BaseException:
        predictor.close()
        raise
    return found


class ModelSlot:
    """The one reference to the model that is served; those who use an old one end on it."""

    def __init__(self) -> None:
        self._current: LoadedModel | None = None
        self._lock = threading.Lock()

    @property
    def version(self) -> FetchedVersion | None:
        """The version that is served; None if there is none yet."""
        current = self._current
        return current.version if current else None

    @contextmanager
    def held(self) -> Iterator[LoadedModel]:
        """Hold the current model for one request.

        Raises:
            NotLoaded: there is none.
        """
        with self._lock:
            found = self._current
            if found is None:
                raise NotLoaded
            found.take()
        try:
            yield found
        finally:
            found.release()

    def swap(self, new: LoadedModel | None) -> None:
        """Serve another one from now on."""
        with self._lock:
            old, self._current = self._current, new
        if old is not None:
            old.release()
