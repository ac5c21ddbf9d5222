"""Packaging: a version in the form that something else runs or reads. On the facade alone.

A kind of package is a row of `KINDS` and a module here, loaded when it is asked for, with a
function `package` that takes a `PackageRequest` and returns what it made.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mreg.core.queries import suggestion
from mreg.errors import UsageError
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.package.progress import Report
    from mreg.registry import Registry


class PackageKind(NamedTuple):
    """A kind of package.

    Attributes:
        module: the module here that makes it.
        words: what it is, for the help.
        takes: the options of the command line that say something of it; those of all kinds are
            not among them.
    """

    module: str
    words: str
    takes: tuple[str, ...] = ()


_IMAGE = ("digest", "plain_http")
_CLUSTER = (
    *("name", "namespace", "image", "replicas", "requests", "limits"),
    "trust_pickle",
)


KINDS = {
    "oci": PackageKind("image", "a container image with the model in it", _IMAGE),
    "modelpack": PackageKind("modelpack", "a CNCF ModelPack artifact", _IMAGE),
    "dockerfile": PackageKind(
        "context", "a folder to build an image with its server from", ("mreg", "base")
    ),
    "kserve": PackageKind(
        "kserve",
        "a KServe InferenceService, pinned to the version",
        (*_CLUSTER, "storage", "model_format"),
    ),
    "kubernetes": PackageKind(
        "kubernetes",
        "a Deployment that serves the version in a stage",
        (*_CLUSTER, "secret", "spread"),
    ),
}
"""The kinds of package, by what `--as` calls them."""


class ClusterOptions(NamedTuple):
    """What a manifest for a cluster is to say.

    Attributes:
        name: the name of what it makes; None: made of the artifact's, and of the stage's.
        namespace: its namespace; None: that of whoever applies it.
        image: the image that serves.
        storage: of KServe: where the image or artifact with the model is, `oci://HOST/REPOSITORY`,
            with a digest or without; None: the registry itself.
        model_format: of KServe: its own name for the model's format; None: as the files say.
        replicas: how many replicas there are.
        requests: what each asks for: "cpu=500m,memory=1Gi".
        limits: what each may use at most.
        secret: the name of the Secret with which Git logs in; None: it does not.
        spread: the label of nodes over whose values the replicas are spread; None: the scheduler
            decides.
        trust_pickle: whether a file may run code of its own choice when it is loaded.
    """

    name: str | None = None
    namespace: str | None = None
    image: str | None = None
    storage: str | None = None
    model_format: str | None = None
    replicas: int = 2
    requests: str = "cpu=250m,memory=512Mi"
    limits: str = "memory=2Gi"
    secret: str | None = None
    spread: str | None = None
    trust_pickle: bool = False


class PackageRequest(NamedTuple):
    """What is to be packaged, and how.

    Attributes:
        registry: the registry.
        selector: the version.
        kind: which of `KINDS`.
        to: the folder to write to, or where to push to (`oci://...`); None: nowhere, or to
            standard output.
        digest: whether only the digest of what would be made is wanted.
        source: what to say that the registry is; None: the URL of its remote.
        plain_http: whether a container registry of another machine may be spoken to over http.
        report: hears, from any thread, how far it is.
        mreg: of `dockerfile`: what to install for mreg, a requirement or a wheel's path; None: this
            version of it.
        base: of `dockerfile`: the image to begin with; None: Python's, of the recorded version.
        cluster: of `kserve` and `kubernetes`: what a manifest is to say.
    """

    registry: Registry
    selector: str
    kind: str
    to: str | None = None
    digest: bool = False
    source: str | None = None
    plain_http: bool = False
    report: Report | None = None
    mreg: str | None = None
    base: str | None = None
    cluster: ClusterOptions = ClusterOptions()


class Packaged(NamedTuple):
    """What was made.

    Attributes:
        kind: which of `KINDS`.
        artifact: the artifact's name.
        version: the version.
        tag: the name of the tag that registered it.
        commit: the id of its commit.
        to: where it was put; None if nowhere.
        digest: the digest of its manifest; None of what has none.
        reference: where it can be had, by digest; None if it was not pushed.
        files: the paths of the files that were written, within the folder.
        text: what is to be printed instead of a sentence about it; empty for the sentence.
        notes: what somebody should know beside that, in sentences.
    """

    kind: str
    artifact: str
    version: str
    tag: str
    commit: str
    to: str | None
    digest: str | None = None
    reference: str | None = None
    files: tuple[str, ...] = ()
    text: str = ""
    notes: tuple[str, ...] = ()


def package(request: PackageRequest) -> Packaged:
    """Package a version.

    Raises:
        UsageError: there is no such kind, or the options do not suit it.
        NotFound: there is no such version.
        Refused: it cannot be packaged so.
        GitError: it cannot be fetched, or not be pushed.
    """
    if request.kind not in KINDS:
        hint = suggestion(request.kind.lower(), KINDS) or f"choose one of {', '.join(KINDS)}"
        raise UsageError(f"there is no kind of package {request.kind!r}", hint=hint)
    module = import_module(f"{__name__}.{KINDS[request.kind].module}")
    made: Packaged = module.package(request)
    return made
