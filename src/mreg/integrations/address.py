"""The URIs by which other stacks name a registry, and a version in it.

A registry is `mreg:///path/of/a/repository`, or the URL of a repository with `mreg+` before it, as
in `mreg+https://host/models.git`. What stands behind a "?" are options. A version is the address of
its registry, without the options, and `/NAME@VERSION`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from mreg.core import versions
from mreg.errors import UsageError
from mreg.integrations import names
from mreg.integrations.stages import PRODUCTION, STAGING
from mreg.net import urls

PATH_SCHEME = "mreg"
URL_SCHEMES = ("mreg+file", "mreg+https", "mreg+ssh")
SCHEMES = (PATH_SCHEME, *URL_SCHEMES)
"""Each is an entry point of its own, of MLflow's store and of its artifact repository."""

_FORMS = "write mreg:///path/of/a/repository, or mreg+https://host/repository.git"
_BOOLEANS = {"true": True, "false": False}
_STAGES = {"staging": STAGING, "production": PRODUCTION}
_OPTIONS = ("write", "address", *_STAGES)
_NOTHING: Mapping[str, str] = MappingProxyType({})


class RegistryAddress(NamedTuple):
    """Where a registry is, and how it is to be used.

    Attributes:
        place: the path or the URL of the repository, as `Registry.open` takes it.
        uri: what others know it by: without options, passwords and tokens.
        write: whether events may be recorded in it.
        stages: the registry's stages that stand for Staging and Production, by these.
    """

    place: str
    uri: str
    write: bool = False
    stages: Mapping[str, str] = _NOTHING

    def version(self, artifact: str, version: str) -> str:
        """Return the URI of a version."""
        return f"{self.uri}/{names.shown(artifact)}@{version}"


class VersionAddress(NamedTuple):
    """A version that a URI names, and what is wanted of it.

    Attributes:
        registry: the URI of its registry.
        artifact: its artifact.
        version: the version.
        path: a path in it; empty for all of it.
    """

    registry: str
    artifact: str
    version: str
    path: str

    @property
    def selector(self) -> str:
        """What mreg calls it."""
        return f"{self.artifact}@{self.version}"


def parse(uri: str) -> RegistryAddress:
    """Read the URI of a registry.

    Raises:
        UsageError: it is none.
    """
    place, uri_shown = _place(uri)
    options = _options(uri)
    stages = {
        _STAGES[name]: names.meant(value) or value
        for name, value in options.items()
        if name in _STAGES and value
    }
    elsewhere = options.get("address")
    return RegistryAddress(
        place,
        parse(elsewhere).uri if elsewhere else uri_shown,
        _BOOLEANS[options.get("write", "false")],
        stages,
    )


def parse_version(uri: str, path: str = "") -> VersionAddress | None:
    """Read the URI of a version, or of something in it; the path counts from there.

    MLflow takes such a URI apart at any "/" (`mlflow.artifacts.download_artifacts`), and hands
    over the end of it as a path.

    Returns:
        None where no version is named.
    """
    base, mark, options = uri.partition("?")
    parts = base.split("/")
    at = next((it for it in reversed(range(len(parts))) if _version(parts[it])), None)
    if at is None:
        first, _, rest = path.partition("/")
        if not _version(first):
            return None
        base, path = f"{base}/{first}", rest
        parts, at = base.split("/"), base.count("/")
    found = _version(parts[at])
    if found is None:
        return None
    inside = "/".join(it for it in (*parts[at + 1 :], path) if it)
    return VersionAddress("/".join(parts[:at]) + mark + options, *found, inside)


def source(uri: str, own: RegistryAddress) -> VersionAddress | str | None:
    """Return what the source of a new version names in a registry: a version, or a rev.

    A rev stands in an option: `mreg:///path?rev=main`.

    Returns:
        None where it names neither.

    Raises:
        UsageError: it is no address, or in another registry.
    """
    found = parse_version(uri)
    registry = parse((found.registry if found else uri).partition("?")[0])
    if own.place != registry.place and own.uri != registry.uri:
        raise UsageError(
            f"{urls.mask(uri)} is in another registry",
            hint=f"use a commit of {own.uri}",
        )
    return found or dict(parse_qsl(urlsplit(uri).query)).get("rev")


def _version(part: str) -> tuple[str, str] | None:
    name, mark, text = unquote(part).rpartition("@")
    artifact = names.meant(name) if mark and text.startswith("v") else None
    return (artifact, text) if artifact and versions.is_version(text) else None


def _place(uri: str) -> tuple[str, str]:
    scheme, mark, rest = uri.partition("?")[0].partition(":")
    # MLflow makes mreg:/path of mreg:///path where it takes a URI apart.
    rest = rest[2:] if rest.startswith("//") else rest
    if not mark or scheme not in SCHEMES:
        raise UsageError(f"{urls.mask(uri)!r} is not the address of a registry", hint=_FORMS)
    if scheme != PATH_SCHEME:
        url = urls.parse(f"{scheme.removeprefix('mreg+')}://{rest}".rstrip("/"))
        return url.secret, f"mreg+{url.shown}"
    if not rest.startswith("/"):
        raise UsageError(
            f"{uri!r} does not name a folder: its path must begin with a slash",
            hint=f"{_FORMS}; mreg:/// has three slashes",
        )
    path = str(Path(unquote(rest)))
    return path, f"{PATH_SCHEME}://{quote(path)}"


def _options(uri: str) -> dict[str, str]:
    """Return the options of a URI.

    Raises:
        UsageError: there is no such option, or its value is none of those that it may have.
    """
    pairs = parse_qsl(uri.partition("?")[2], keep_blank_values=True)
    options = dict(pairs)
    if unknown := [it for it in options if it not in _OPTIONS]:
        raise UsageError(
            f"the address of a registry has no option {unknown[0]!r}",
            hint=f"use one of {', '.join(_OPTIONS)}",
        )
    if options.get("write", "false") not in _BOOLEANS:
        raise UsageError(f"write={options['write']} is neither true nor false", hint="write=true")
    return options
