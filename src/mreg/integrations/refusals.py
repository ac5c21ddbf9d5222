"""What a registry in Git does not do, though other stacks ask for it, and what to do instead."""

from __future__ import annotations

from mreg.core import names, plans
from mreg.errors import Forbidden, Refused
from mreg.net import urls

ANNOTATE = "add it to artifacts.yaml, commit that, and register the commit as a new version"


def words(what: str, hint: str | None) -> str:
    """Return the text of an error without passwords: it may name a URL that holds one."""
    return urls.mask(f"{what}\n{hint}" if hint else what)


def read_only(stack: str, uri: str, how: str) -> Forbidden:
    """Return the error for a registry that a stack may not write to.

    Args:
        stack: its name.
        uri: the registry.
        how: how to allow it.
    """
    return Forbidden(
        f"{stack} may only read the registry {uri}: events recorded by {stack} would have the "
        "name of the user who runs it",
        hint=f"{how}, or use mreg",
    )


def no_version_yet(name: str) -> Refused:
    """Return the error for something that is to be said of a model before its first version."""
    return Refused(
        f"{name} cannot have metadata before it has a version",
        hint=f"omit its description and tags: {ANNOTATE}",
    )


def check_new(artifact: str) -> None:
    """Refuse the name of a model that could not have a version.

    Raises:
        InvalidName: it is no name.
        Refused: it is too long.
    """
    plans.refuse_length(f"{names.in_tag(names.artifact(artifact))}@v0.0.1")


def said_of_model() -> Refused:
    """Return the error for a model that is to be described by something else than its commits."""
    return Refused("the metadata of a model is part of a commit", hint=ANNOTATE)


def said_of_version() -> Refused:
    """Return the error for a version of which something else is to be said."""
    return Refused(
        "the metadata of a version is part of its commit, and cannot change", hint=ANNOTATE
    )


def no_room(key: str) -> Refused:
    """Return the error for something that is to be said of a new version, by its name."""
    return Refused(f"a version cannot store the tag {key}", hint=ANNOTATE)


def deleted_whole(name: str) -> Refused:
    """Return the error for a model that is to be deleted with all of its versions."""
    return Refused(
        f"{name} cannot be deleted: its history is permanent",
        hint="delete its versions, after which it is no longer listed; or run `mreg deprecate`",
    )


def no_rev(source: str, uri: str, otherwise: str) -> Refused:
    """Return the error for a new version whose source names no commit of a registry.

    Args:
        source: the source.
        uri: the registry.
        otherwise: by what else a commit can be named.
    """
    return Refused(
        f"a version is a commit of the repository, and {source} does not name a commit",
        hint="commit the model and its entry in artifacts.yaml, and name that commit:"
        f" {uri}?rev=HEAD as the source, or {otherwise}",
    )
