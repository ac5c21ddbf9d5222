"""`catalog.yaml`, field by field: its shape, and what is right of it; read by pydantic."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from mreg.annotations import shapes
from mreg.annotations.shapes import DIALECT, MAPPING, SCALAR, Strict, form, optional, refusal
from mreg.catalog import labels
from mreg.core import times
from mreg.core.diagnostics import Diagnostic
from mreg.net import urls

FORM = "write it as url: URL, path: PATTERN or command: [PROGRAM, ARGUMENT]"


def _plain(text: str) -> str:
    if "\0" in text or any("\ud800" <= it <= "\udfff" for it in text):
        raise refusal("MA021", f"{text!r} contains a character that is not allowed")
    return text


_Text: TypeAlias = Annotated[str, AfterValidator(_plain)]


def _url(text: str) -> str:
    if not urls.looks_like(text):
        raise refusal("MA021", f"{urls.mask(text)!r} is not a URL", "use path: for a folder")
    return text


def _command(words: list[str]) -> list[str]:
    if words[0] == "":
        raise refusal("MA021", "the program has no name", FORM)
    return words


def _seconds(text: str) -> str:
    if not times.seconds(text):
        raise refusal("MA021", f"{text!r} is not a duration", "write 30s, 5m or 1h")
    return text


def _label(text: str) -> str:
    if not labels.is_template(text):
        raise refusal("MA021", f"{text!r} is not a valid label", labels.RULE)
    return text


class Source(Strict):
    """Repositories of a catalog: one by its URL, several by folders, or those a program lists."""

    url: Annotated[_Text, AfterValidator(_url)] | None = optional("The URL of a repository.")
    path: Annotated[_Text, Field(min_length=1)] | None = optional(
        "The folder of a repository, or a pattern for several: /srv/git/**/*.git."
    )
    command: Annotated[list[_Text], Field(min_length=1), AfterValidator(_command)] | None = (
        optional("A program with its arguments; it prints one URL or path per line.")
    )
    label: Annotated[str, AfterValidator(_label)] | None = optional(
        "The name of the repository; for several, a template with {name} or {path}."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(it is not None for it in (self.url, self.path, self.command)) != 1:
            raise refusal(
                "MA021", "a repository must have exactly one of url, path and command", FORM
            )
        return self


Sources = Annotated[
    list[
        Annotated[
            Annotated[Source, Tag(MAPPING)] | Annotated[_Text, Field(min_length=1), Tag(SCALAR)],
            Discriminator(lambda it: MAPPING if isinstance(it, Source) else form(it)),
        ]
    ],
    Field(min_length=1),
]


class CatalogFile(Strict):
    """The repositories and settings of a catalog: catalog.yaml."""

    title: _Text | None = optional("The title of its pages.")
    index: Annotated[_Text, Field(min_length=1)] | None = optional(
        "The path of its index, relative to this file; by default in the user's cache folder."
    )
    parallel: Annotated[int, Field(ge=1, le=64)] | None = optional(
        "The number of repositories to read at the same time."
    )
    timeout: Annotated[str, AfterValidator(_seconds)] | None = optional(
        "The time limit for reading one repository: 60s, 5m."
    )
    repositories: Sources = Field(description="The repositories: URLs, paths, or mappings.")


def read(content: dict[str, Any]) -> tuple[CatalogFile | None, list[Diagnostic]]:
    """Read a file's content; return None and all that is wrong with it, where anything is."""
    return shapes.read(CatalogFile, content)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a catalog.yaml (draft 2020-12)."""
    schema: dict[str, Any] = shapes.brief(CatalogFile.model_json_schema())
    return {"$schema": DIALECT, "title": "catalog.yaml of mreg", **schema}
