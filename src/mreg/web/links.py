"""What models were made from, and what was made from them, over all repositories of a site."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mreg.annotations.entry import Input
from mreg.web import values
from mreg.web.values import Link, Model

_MOST = 100
"""So many inputs of a version are shown."""

Kept = Mapping[str, Any]


def inputs(model: Model) -> list[list[Any]]:
    """Return what the version was made from that a model's page describes, as plain values."""
    said = model.said
    found = said.inputs[:_MOST] if said else ()
    return [list(it) for it in found]


def uses(model: Model) -> dict[str, list[list[Any]]]:
    """Return which artifacts the versions of a model were made from.

    Of each artifact: the newest version that used it and the one that holds the main stage, each
    with the stage that it holds, the selector and the repository, if that is another one.
    """
    held = model.holder(model.main)
    found: dict[str, list[list[Any]]] = {}
    for version, said in zip(model.profile.versions, model.profile.said, strict=True):
        if not version.active:
            continue
        for it in getattr(said, "inputs", ()):
            name = values.artifact_of(it)
            if not name:
                continue
            known = found.setdefault(name, [])
            holds = bool(held and held.version == version.version)
            if not known or (holds and len(known) == 1 and known[0][0] != version.version):
                stage = model.main if holds else None
                known.append([version.version, stage, it.artifact, it.repo])
    return found


class User(NamedTuple):
    """A version that something was made into."""

    repository: str
    name: str
    version: str
    stage: str | None
    selector: str


class Graph:
    """Which model of a site was made from which."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], str] = {}
        self._users: dict[tuple[str, str], dict[tuple[str, str], list[User]]] = {}
        self._used: dict[tuple[str, str], set[tuple[str, str]]] = {}

    @classmethod
    def of(cls, known: Mapping[str, Mapping[str, Kept]]) -> Graph:
        """Return the graph of what is known of the models, by repository and name."""
        found = cls()
        for repository, models in known.items():
            for name, it in models.items():
                if "row" in it:
                    found.add(repository, name, it)
        return found

    def add(self, repository: str, name: str, it: Kept) -> None:
        """Take in a model, or what is new of it."""
        here = (repository, name)
        for place in self._used.pop(here, set()):
            self._users[place].pop(here, None)
        self._pages[here] = it["row"]["page"]
        for artifact, found in it["uses"].items():
            for version, stage, selector, repo in found:
                place = (_repository(repo) if repo else repository, artifact)
                user = User(repository, name, version, stage, selector)
                self._users.setdefault(place, {}).setdefault(here, []).append(user)
                self._used.setdefault(here, set()).add(place)

    def linked(self, model: Model) -> Model:
        """Return a model with what it was made from, and what was made from it."""
        made_from, used_by = self._links(model.repository.name, model.name, inputs(model))
        return model._replace(made_from=made_from, used_by=used_by)

    def digest(self, repository: str, name: str, it: Kept) -> str:
        """Return the digest of what a model's page is to show of others."""
        return _digest(*self._links(repository, name, it["inputs"]))

    def _links(
        self, repository: str, name: str, made: Sequence[Sequence[Any]]
    ) -> tuple[tuple[Link, ...], tuple[Link, ...]]:
        used = self._users.get((repository, name), {})
        users = sorted(one for found in used.values() for one in found)
        return (
            tuple(self._input(repository, Input(*it)) for it in made),
            tuple(self._user(repository, it) for it in users),
        )

    def _input(self, repository: str, it: Input) -> Link:
        role = it.role or ""
        if it.artifact:
            where = _repository(it.repo) if it.repo else repository
            page = self._pages.get((where, values.artifact_of(it)), "")
            _, _, version = it.artifact.partition("@")
            note = " ".join(filter(None, (role, f"in {where}" if it.repo else "")))
            return Link(it.artifact, note, f"{page}#{version}" if page and version else page)
        if it.url:
            return Link(
                it.url,
                " ".join(filter(None, (role, f"sha256 {it.sha256[:12]}" if it.sha256 else ""))),
                it.url,
            )
        return Link(str(it.path), role)

    def _user(self, repository: str, it: User) -> Link:
        page = self._pages.get((it.repository, it.name), "")
        notes = (
            f"in {it.stage}" if it.stage else "",
            it.repository if it.repository != repository else "",
        )
        label = f"{it.name} {it.version}"
        return Link(label, ", ".join(filter(None, notes)), f"{page}#{it.version}" if page else "")


def _repository(address: str) -> str:
    """Return what a site calls a repository that an input names by its URL."""
    return address.rstrip("/").replace(":", "/").rpartition("/")[2].removesuffix(".git")


def alike(one: Kept, other: Kept) -> bool:
    """Tell whether pages of others show the same of a model, by what is kept of it."""
    return bool(one["row"]["page"] == other["row"]["page"] and one["uses"] == other["uses"])


def digest(model: Model) -> str:
    """Return the digest of what a model's page shows of others."""
    return _digest(model.made_from, model.used_by)


def _digest(*shown: tuple[Link, ...]) -> str:
    return hashlib.sha256(
        repr([[tuple(it) for it in found] for found in shown]).encode("utf-8", "surrogatepass")
    ).hexdigest()[:32]
