"""A version as an InferenceService of KServe's that serves that version and no other.

What it serves is named by a digest, or by the id of the tag object that registered it, so that the
manifest says all there is to know, and whoever has it applied again gets the same model.

Sources: https://kserve.github.io/website/docs/reference/crd-api and, of KServe 0.21, the webhook
that brings a storageUri into a pod.
"""

from __future__ import annotations

from mreg.annotations.entry import Annotation
from mreg.errors import Refused, UsageError
from mreg.integrations import names
from mreg.integrations.address import URL_SCHEMES
from mreg.net import urls
from mreg.oci import reference
from mreg.oci.reference import ImageReference
from mreg.package import ClusterOptions, Packaged, PackageRequest, image, manifests
from mreg.package.dockerfile import PORT
from mreg.package.facts import VersionFacts, facts
from mreg.package.manifests import Manifest
from mreg.package.pods import PROBES, RESTRICTED, TMP, words
from mreg.serve.loaders import formats
from mreg.serve.loaders.model import CannotLoad
from mreg.serve.packaged import FOLDER

_LONGEST = 40
"""KServe makes of the name those of Services, which may have 63 characters."""

_SCHEMES = ("oci", "oci+native", "oci+fetch", "oci+modelcar")
"""How KServe is told to bring an image's files to a pod; "oci" is as its administrator chose."""

_FORMATS = {"onnx": "onnx", "xgboost": "xgboost", "lightgbm": "lightgbm", "mlflow": "mlflow"}
"""What KServe calls the formats that its own servers read. They unpickle, but not unasked."""

_HEADING = (
    "It serves this version only: a promotion replaces this file.",
    "Made by mreg package --as kserve; the same version makes the same bytes.",
)


def package(request: PackageRequest) -> Packaged:
    """Package a version as an InferenceService.

    Raises:
        UsageError: an option is not right, or nothing says where a cluster has the model from.
        Refused: no server of KServe's reads the model, or another one has the same name.
    """
    options = request.cluster
    manifests.checked(options)
    _check(options)
    said = facts(request)
    with request.registry as registry:
        others = registry.names()
        annotation = registry.annotation(f"{said.artifact}@{said.version}")
    called = manifests.chosen(options.name, said.artifact, others, _LONGEST)
    predictor = (
        _runtime(request, said, annotation)
        if options.image is None
        else _own_image(options.image, options)
    )
    document: Manifest = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": called,
            **({"namespace": options.namespace} if options.namespace else {}),
            "labels": manifests.labels(
                {
                    "app.kubernetes.io/name": called,
                    "app.kubernetes.io/version": said.version,
                    "app.kubernetes.io/managed-by": "mreg",
                }
            ),
            "annotations": said.annotations,
        },
        "spec": {"predictor": {"minReplicas": options.replicas, **predictor}},
    }
    written = manifests.text((f"{said.artifact} {said.version}", *_HEADING), [document])
    found = Packaged(
        request.kind, said.artifact, said.version, said.tag, said.commit, None, said.digest
    )
    return manifests.put(request, found, written, called)


def _check(options: ClusterOptions) -> None:
    """Refuse options that contradict each other, before anything is fetched.

    Raises:
        UsageError: they do, or they are not in their form.
    """
    if options.storage is not None:
        _reference(options.storage)
    if options.image is None:
        return
    manifests.pinned(options.image)
    if options.storage is not None or options.model_format is not None:
        raise UsageError(
            "--image already contains the model", hint="omit --storage and --model-format"
        )


def _own_image(pinned: str, options: ClusterOptions) -> Manifest:
    """Return what runs an image with the model and mreg's server in it."""
    serve = (f"./{FOLDER}", "--host", "0.0.0.0", "--port", str(PORT), "--trust-pickle")  # noqa: S104
    container = {
        "name": "kserve-container",
        "image": pinned,
        **({"args": words(serve)} if options.trust_pickle else {}),
        # Knative takes no name of a port but its own.
        "ports": [{"containerPort": PORT, "protocol": "TCP"}],
        "resources": manifests.resources(options),
        "readinessProbe": PROBES["readinessProbe"],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }
    return {"containers": [container], "volumes": [TMP]}


def _runtime(request: PackageRequest, said: VersionFacts, annotation: Annotation) -> Manifest:
    """Return what a server of KServe's own runs."""
    options = request.cluster
    return {
        "model": {
            "modelFormat": {"name": options.model_format or _format(said, annotation)},
            "storageUri": _address(request, said)
            if options.storage is None
            else _storage(options.storage, said),
            "resources": manifests.resources(options),
        }
    }


def _format(said: VersionFacts, annotation: Annotation) -> str:
    """Return what KServe calls the format of a model.

    Raises:
        Refused: no server of its own reads that without being asked.
    """
    first = said.files[0]
    path = first.where.parents[first.path.count("/")] if said.is_folder else first.where
    try:
        found = formats.recognize(path, annotation).format
    except CannotLoad as error:
        found, why = "", str(error)
    else:
        why = f"KServe has no single server for the format {found} of {said.name}"
    if found in _FORMATS:
        return _FORMATS[found]
    raise Refused(
        why,
        hint="use --image NAME@sha256:... with an image of --as dockerfile; or name a format "
        "that a server in your cluster has, such as --model-format sklearn",
    )


def _storage(text: str, said: VersionFacts) -> str:
    """Return where KServe has an image's files from, with the image's digest."""
    scheme, found = _reference(text)
    # An image is the same bytes whoever makes it, so its digest is known before it is pushed.
    digest = found.digest or image.made(said).digest
    return f"{scheme}://{found.host}/{found.repository}@{digest}"


def _reference(text: str) -> tuple[str, ImageReference]:
    """Return the address of an image, and how it is to be brought to a pod.

    Raises:
        UsageError: it is none.
    """
    scheme, _, rest = text.partition("://")
    if scheme not in _SCHEMES:
        raise UsageError(
            f"--storage {urls.mask(text)!r} is not the address of an image",
            hint=f"write {', '.join(f'{it}://HOST/REPOSITORY' for it in _SCHEMES)}",
        )
    return scheme, reference.parse(f"oci://{rest}")


def _address(request: PackageRequest, said: VersionFacts) -> str:
    """Return the address of the version for the storage initializer of examples/kserve-storage."""
    registry = f"mreg+{urls.as_uri(manifests.url(request))}"
    if registry.partition("://")[0] not in URL_SCHEMES:
        raise UsageError(
            f"a cluster cannot read {registry.removeprefix('mreg+')}",
            hint="use --source with the https:// or ssh:// URL that the cluster reads",
        )
    # Kubernetes would put the value of a variable in the place of a "$(NAME)".
    address = f"{registry.rstrip('/')}/{names.shown(said.artifact)}@{said.version}?oid={said.oid}"
    return address.replace("$", "%24")
