"""What manifests for Kubernetes have in common: names, labels, quantities, and YAML.

Sources: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and, next to it,
labels; https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mreg.errors import Refused, UsageError
from mreg.net import urls
from mreg.package import ClusterOptions, Packaged, PackageRequest, dockerfile
from mreg.render import escape
from mreg.system import files

Manifest = dict[str, Any]

LONGEST = 63
"""So long may a name be that becomes a label of DNS."""

_NAME = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_KEY = re.compile(
    r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?",
    re.ASCII,
)
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_QUANTITY = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?(?:m|[kMGTPE]i?|Ki)?")
_RESOURCE = re.compile(r"[a-z][a-z0-9./-]{0,252}")
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,400}@sha256:[0-9a-f]{64}")


def name(text: str, longest: int = LONGEST) -> str:
    """Return a text as the name of an object: lower case, digits and hyphens, by RFC 1123.

    It begins with a letter, as Services and InferenceServices have to. What is too long is cut, and
    ends in a piece of its digest.
    """
    made = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not made[:1].isalpha():
        made = f"m-{made}".rstrip("-")
    if len(made) <= longest:
        return made
    end = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{made[: longest - 9].rstrip('-')}-{end}"


def chosen(wanted: str | None, text: str, others: Iterable[str], longest: int = LONGEST) -> str:
    """Return the name of an object: the one that was asked for, or that of a text.

    Args:
        wanted: the name that was asked for; None: none was.
        text: what it is otherwise made of.
        others: the texts of which others of the registry would be made.
        longest: how long it may be.

    Raises:
        UsageError: what was asked for is no name.
        Refused: another one would have the same.
    """
    if wanted is not None:
        if not _NAME.fullmatch(wanted) or len(wanted) > longest:
            raise UsageError(
                f"--name {escape.line(wanted)!r} is not a valid name of an object",
                hint=f"use a to z, digits and hyphens, beginning with a letter, at most {longest}",
            )
        return wanted
    made = name(text, longest)
    for it in others:
        if it != text and name(it, longest) == made:
            raise Refused(
                f"{text} and {it} would both get the name {made} in a cluster",
                hint="choose one with --name NAME",
            )
    return made


def checked(options: ClusterOptions) -> None:
    """Refuse options that no manifest could have.

    Raises:
        UsageError: one of them is not in its form.
    """
    forms = (
        ("--namespace", options.namespace, _NAME),
        ("--secret", options.secret, _SUBDOMAIN),
        ("--spread", options.spread, _KEY),
        ("--model-format", options.model_format, _NAME),
    )
    for flag, text, form in forms:
        if text is not None and (not form.fullmatch(text) or len(text) > 253):  # noqa: PLR2004
            raise UsageError(f"{flag} {escape.line(text)!r} is not a name that Kubernetes accepts")
    resources(options)


def resources(options: ClusterOptions) -> dict[str, dict[str, str]]:
    """Return what a container asks for, and what it may use.

    Raises:
        UsageError: something of it is no quantity.
    """
    said = {
        "requests": _quantities("--requests", options.requests),
        "limits": _quantities("--limits", options.limits),
    }
    return {key: it for key, it in said.items() if it}


def _quantities(flag: str, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for it in filter(None, text.split(",")):
        key, mark, value = it.partition("=")
        if not mark or not _RESOURCE.fullmatch(key) or not _QUANTITY.fullmatch(value):
            raise UsageError(
                f"{flag} has {escape.line(it)!r}", hint=f"write {flag} cpu=500m,memory=1Gi"
            )
        found[key] = value
    return found


def pinned(image: str) -> None:
    """Refuse an image that is not named by its digest.

    Raises:
        UsageError: it is not.
    """
    if not _PINNED.fullmatch(image):
        raise UsageError(
            f"--image {escape.line(image)!r} is not pinned by a digest",
            hint="write NAME@sha256:..., with the digest that was printed when the image was "
            "pushed",
        )


def image(text: str | None) -> str:
    """Return the image that serves.

    Raises:
        UsageError: none is named, or it is none.
    """
    if text is None:
        raise UsageError(
            "no image is given to serve it",
            hint="use --image with an image that has mreg[serve], Git and the packages of "
            "the model",
        )
    return dockerfile.reference(text)


def labels(said: Mapping[str, str]) -> dict[str, str]:
    """Return labels, without those whose values no label may have."""
    found = {key: value.replace("+", "_") for key, value in said.items()}
    return {key: value for key, value in found.items() if value and _VALUE.fullmatch(value)}


def argument(text: str) -> str:
    """Return a word of a command line so that Kubernetes puts no variable into it.

    Source: https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
    """
    return text.replace("$", "$$")


def url(request: PackageRequest) -> str:
    """Return the URL by which a cluster reads the registry.

    Raises:
        UsageError: none is known, or it is of this machine alone.
    """
    source = request.registry.address if request.source is None else request.source
    shown = urls.without_secrets(source)
    hint = "use --source with the URL that the cluster reads the registry from"
    if not shown or not urls.looks_like(shown):
        raise UsageError("the registry has no URL that a cluster could read", hint=hint)
    found = urls.parse(shown)
    if found.transport == "file" and request.source is None:
        raise UsageError(f"the registry's URL, {shown}, works only on this machine", hint=hint)
    return found.shown


def text(heading: Sequence[str], documents: Sequence[Manifest]) -> str:
    """Return manifests as YAML, with some lines of comment before them."""
    from mreg.render import yaml

    comment = "".join(f"# {escape.line(it)}\n" for it in heading)
    return comment + "---\n".join(yaml.dumps(it) for it in documents)


def put(request: PackageRequest, found: Packaged, written: str, called: str) -> Packaged:
    """Put manifests where they are wanted: into a file, or a folder, or print them.

    Raises:
        UsageError: it is not a place for them.
        Refused: they cannot be written.
    """
    if not request.to:
        return found._replace(text=written.removesuffix("\n"))
    if "://" in request.to:
        raise UsageError(
            f"cannot push a manifest to {request.to}",
            hint="use --to FILE, or omit --to to print the manifest",
        )
    path = Path(request.to)
    if path.is_dir() or request.to.endswith(os.sep):
        path /= f"{called}.yaml"
    try:
        files.replace(path, written.encode(), mode=files.new_mode())
    except OSError as error:
        raise Refused(f"cannot write {path}: {error.strerror}") from None
    return found._replace(to=os.fspath(path), files=(path.name,))
