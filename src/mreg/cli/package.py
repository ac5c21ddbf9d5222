"""`mreg package`: a version in the form that something else runs or reads."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Flag, Option
from mreg.errors import UsageError
from mreg.package import KINDS, ClusterOptions, Packaged
from mreg.render.escape import line

_KINDS = "; ".join(f"{name}, {it.words}" for name, it in KINDS.items())


def _kinds(_: str, incomplete: str) -> list[str]:
    return [it for it in KINDS if it.startswith(incomplete)]


_Kind: TypeAlias = Annotated[
    str, Option("--as", "KIND", f"The kind of package: {_KINDS}.", complete=_kinds)
]
_To: TypeAlias = Annotated[
    str | None,
    Option(
        "--to",
        "TARGET",
        "The target: a folder (for a Dockerfile, a new or empty one), a file for a manifest, or"
        " oci://HOST/REPOSITORY[:TAG] to push.",
    ),
]
_Digest: TypeAlias = Annotated[
    bool, Flag("--digest", "Print the digest of the manifest, and write nothing.")
]
_Source: TypeAlias = Annotated[
    str | None,
    Option(
        "--source",
        "URL",
        "The registry's URL to record in the package.",
        show_default="the URL of the remote",
    ),
]
_Mreg: TypeAlias = Annotated[
    str | None,
    Option(
        "--mreg",
        "WHEEL|REQUIREMENT",
        "Dockerfile: the mreg package to install.",
        show_default="this version",
    ),
]
_Base: TypeAlias = Annotated[
    str | None,
    Option(
        "--base",
        "IMAGE",
        "Dockerfile: the base image; it needs Python with venv.",
        show_default="the official image of the recorded Python",
    ),
]
_Name: TypeAlias = Annotated[
    str | None, Option("--name", "NAME", "Clusters: the name of the resource.")
]
_Namespace: TypeAlias = Annotated[
    str | None, Option("--namespace", "NAME", "Clusters: the namespace of the resource.")
]
_Image: TypeAlias = Annotated[
    str | None,
    Option("--image", "IMAGE", "Clusters: the image to run; for KServe, pinned by its digest."),
]
_Storage: TypeAlias = Annotated[
    str | None,
    Option(
        "--storage",
        "URI",
        "KServe: the image with the model, oci://HOST/REPOSITORY; mreg adds its digest.",
        show_default="the registry",
    ),
]
_ModelFormat: TypeAlias = Annotated[
    str | None,
    Option("--model-format", "NAME", "KServe: the model format's name in KServe."),
]
_Replicas: TypeAlias = Annotated[
    int, Option("--replicas", "N", "Clusters: the number of replicas.", min=0)
]
_Requests: TypeAlias = Annotated[
    str, Option("--requests", "QUANTITIES", "Clusters: the resource requests of each replica.")
]
_Limits: TypeAlias = Annotated[
    str, Option("--limits", "QUANTITIES", "Clusters: the resource limits of each replica.")
]
_Secret: TypeAlias = Annotated[
    str | None,
    Option("--secret", "NAME", "Deployment: the Secret with Git's credentials."),
]
_Spread: TypeAlias = Annotated[
    str | None,
    Option(
        "--spread",
        "LABEL",
        "Deployment: the node label to spread over: topology.kubernetes.io/zone.",
    ),
]
_TrustPickle: TypeAlias = Annotated[
    bool, Flag("--trust-pickle", "Clusters: load formats that can run any code.")
]


_DEFAULTS = ClusterOptions()


def package(
    selector: options.Selector,
    which: options.Which = None,
    as_: _Kind = "oci",
    repo: options.Repo = ".",
    to: _To = None,
    digest: _Digest = False,
    source: _Source = None,
    plain_http: options.PlainHttp = False,
    mreg: _Mreg = None,
    base: _Base = None,
    name: _Name = None,
    namespace: _Namespace = None,
    image: _Image = None,
    storage: _Storage = None,
    model_format: _ModelFormat = None,
    replicas: _Replicas = _DEFAULTS.replicas,
    requests: _Requests = _DEFAULTS.requests,
    limits: _Limits = _DEFAULTS.limits,
    secret: _Secret = None,
    spread: _Spread = None,
    trust_pickle: _TrustPickle = False,
    given: frozenset[str] = frozenset(),
    json: options.Json = False,
) -> None:
    """Package a version as an image or an artifact, or for a build or a cluster.

    The same version always gives the same bytes, so you can compute its digest again from Git.

    Examples:
        mreg package churn@v1.0.0 --to build
        mreg package churn#prod --digest
        mreg package churn@v1.0.0 --as dockerfile --to build
        mreg package churn#prod --as kserve --to churn.yaml
    """
    from mreg.package import PackageRequest
    from mreg.package import package as make

    if digest and to:
        raise UsageError("--digest writes nothing", hint="omit --to")
    selector = typed.selector(selector, which)
    _check(as_, given)
    # fmt: off
    cluster = ClusterOptions(
        name, namespace, image, storage, model_format, replicas, requests, limits, secret, spread,
        trust_pickle,
    )
    # fmt: on
    online.limit_cache()
    with output.ProgressLine() as report:
        request = PackageRequest(
            online.registry(repo), selector, as_, to, digest, source, plain_http, report
        )._replace(mreg=mreg, base=base, cluster=cluster)
        made = make(request)
    for it in made.notes:
        output.talk(line(f"note: {it}"))
    if json:
        output.as_json(made)
    else:
        output.data(made.text or line(_sentence(made)))


def _check(kind: str, given: frozenset[str]) -> None:
    """Refuse options that say nothing of a kind of package.

    Raises:
        UsageError: there is one.
    """
    known = {it for kind in KINDS.values() for it in kind.takes}
    if kind in KINDS and (strange := sorted(given & known - set(KINDS[kind].takes))):
        flag = strange[0].replace("_", "-")
        kinds = [f"--as {name}" for name, it in KINDS.items() if strange[0] in it.takes]
        raise UsageError(
            f"--as {kind} does not support --{flag}", hint=f"use it with {', '.join(kinds)}"
        )


def _sentence(made: Packaged) -> str:
    said = f"Packaged {made.artifact} {made.version}"
    if made.reference:
        return f"{said}: {made.reference}"
    return f"{said}: {made.to}" + (f" ({made.digest})" if made.digest else "")
