"""What a shell completes: names, versions, stages, metrics, fields, remotes.

A shell that completes has nobody to complain to: where something is wrong, nothing is completed. It
waits for nobody either: a registry by URL is read as it was fetched before, and where it was not,
for two seconds at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from mreg.errors import MregError

if TYPE_CHECKING:
    from mreg.registry import Registry

_SECONDS = 2.0


def matching(
    repo: str, incomplete: str, found: Callable[[Registry], Iterable[str]], *, head: str = ""
) -> list[str]:
    """Return what begins with a word, of what a registry has.

    Args:
        repo: where the registry is.
        incomplete: the word, of which `head` is not looked at.
        found: what the registry has.
        head: what stands before each.
    """
    from mreg.net.network import Network
    from mreg.registry import Registry

    try:
        registry = Registry.open(repo, network=Network(_SECONDS, asking="never"))
        return [head + it for it in found(registry) if f"{head}{it}".startswith(incomplete)]
    except MregError:
        return []


def artifacts(repo: str, incomplete: str) -> list[str]:
    """Complete an artifact's name."""
    return matching(repo, incomplete, lambda it: it.names())


def selectors(repo: str, incomplete: str) -> list[str]:
    """Complete an artifact's name; behind "@" its versions, behind "#" its stages."""
    for mark, rests in (("@", _versions), ("#", _stages)):
        name, found, _ = incomplete.partition(mark)
        if found:
            return matching(repo, incomplete, partial(rests, name=name), head=f"{name}{mark}")
    return artifacts(repo, incomplete)


def _versions(registry: Registry, name: str) -> list[str]:
    from mreg.core.queries import LATEST, RELEASE

    return [*(str(it.version) for it in registry.versions(name)), LATEST, RELEASE]


def _stages(registry: Registry, name: str) -> Iterable[str]:
    return registry.artifact(name).stages


def stages(repo: str, incomplete: str) -> list[str]:
    """Complete a stage's name."""
    return matching(repo, incomplete, lambda it: (one.stage for one in it.stages()))


def parts(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete a version of the artifact before it, or any stage; of a version, any stage."""
    name = _named(typed) or ""
    if "@" in name or "#" in name:
        return stages(repo, incomplete)
    return matching(
        repo, incomplete, lambda it: [*_versions(it, name), *(one.stage for one in it.stages())]
    )


def own_parts(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete a version of the artifact before it, or a stage that it is in."""
    name = _named(typed) or ""
    if "@" in name or "#" in name:
        return own_stages(repo, incomplete, typed)
    return matching(repo, incomplete, lambda it: [*_versions(it, name), *_stages(it, name)])


def own_stages(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete a stage that the artifact before it is in."""
    return matching(repo, incomplete, lambda it: _stages(it, _artifact(typed) or ""))


def others(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete what a version is compared with: another of its artifact, or of any."""
    return [*own_parts(repo, incomplete, typed), *selectors(repo, incomplete)]


def remotes(repo: str, incomplete: str) -> list[str]:
    """Complete the name of a remote."""
    return matching(repo, incomplete, lambda it: it.remotes())


def metrics(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete a metric, of the artifact that is named if one is."""
    return _values(repo, incomplete, typed, "metrics.")


def params(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete a param, likewise."""
    return _values(repo, incomplete, typed, "params.")


def metrics_and_params(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete what versions are sorted by."""
    return [*metrics(repo, incomplete, typed), *params(repo, incomplete, typed)]


def _values(repo: str, incomplete: str, typed: Mapping[str, Any], section: str) -> list[str]:
    def found(registry: Registry) -> list[str]:
        names = registry.value_names(_artifact(typed))
        return [it.removeprefix(section) for it in names if it.startswith(section)]

    return matching(repo, incomplete, found)


def fields(repo: str, incomplete: str, typed: Mapping[str, Any]) -> list[str]:
    """Complete a field of a version: one that its tags tell, or one of its annotation."""
    from mreg.annotations import entry
    from mreg.core.queries import Version

    own = [it for it in (*Version._fields, *entry.FIELDS) if it != "promotion"]
    return matching(
        repo, incomplete, lambda it: dict.fromkeys([*own, *it.value_names(_artifact(typed))])
    )


def query(repo: str, incomplete: str) -> list[str]:
    """Complete an expression: at its end a field, or behind an operator a value of it."""
    from mreg.search.fields import FIELDS

    value = re.search(r"(?:^|[\s(])([a-z]+)(?:!=|=)([^\s()=!<>~\"']*)\Z", incomplete)
    if value:
        head = incomplete[: value.start(2)]
        return matching(repo, incomplete, lambda it: it.field_values(value[1]), head=head)
    word = re.search(r"(?:\A|(?<=[\s(]))(?:[a-z][^\s()=!<>~\"']*)?\Z", incomplete)
    if word is None:
        return []
    head = incomplete[: word.start()]
    names = [f"{name}." if field.keyed else name for name, field in FIELDS.items()]
    if re.match(r"(?:metrics|params)\.", incomplete[len(head) :]):
        return matching(repo, incomplete, lambda it: it.value_names(), head=head)
    return [head + it for it in names if f"{head}{it}".startswith(incomplete)]


def _named(typed: Mapping[str, Any]) -> str | None:
    """Return the version or artifact that was typed so far."""
    for it in ("selector", "name", "names", "before"):
        found = typed.get(it)
        if found:
            return str(found if isinstance(found, str) else found[0])
    return None


def _artifact(typed: Mapping[str, Any]) -> str | None:
    name = _named(typed)
    return None if name is None else re.split("[@#]", name, maxsplit=1)[0]
