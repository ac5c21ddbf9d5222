"""Plots as values: what is drawn of one version or of several, each with its data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from mreg.core.diagnostics import Diagnostic

Kind: TypeAlias = Literal["lines", "scatter", "bars", "confusion", "image"]
"""How a plot is drawn."""

Value: TypeAlias = int | float | str | None
"""A coordinate: a number, which may be NaN or infinite; a text; None where there is none."""

MOST_POINTS = 10_000
"""So many points of a series are kept; of more, those are chosen that show its course."""


class Series(NamedTuple):
    """What one column of a file was in one version.

    Attributes:
        version: the version.
        file: the file, from the repository's root.
        field: the column, or what it is called in the file.
        x: what each point is above.
        y: what each point is; as many as `x`.
        counts: of a confusion matrix, how often each pair of `x` and `y` occurs; else empty.
        total: how many points the file has; more than `x` where some were left out.
    """

    version: str
    file: str
    field: str
    x: tuple[Value, ...]
    y: tuple[Value, ...]
    counts: tuple[int, ...] = ()
    total: int = 0


class Picture(NamedTuple):
    """An image in one version.

    Attributes:
        version: the version.
        file: the file, from the repository's root.
        format: what its bytes are: png, jpeg, gif or webp.
        content: its bytes.
    """

    version: str
    file: str
    format: str
    content: bytes

    @staticmethod
    def shown() -> tuple[str, ...]:
        """Return the attributes that stand for it in JSON."""
        return ("version", "file", "format", "size", "sha256")

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


class Plot(NamedTuple):
    """A plot, with the data of each version that has it.

    Attributes:
        id: what DVC calls it: its name in the dvc.yaml, or the file that it shows.
        kind: how it is drawn.
        template: the template that the dvc.yaml names; empty if it names none.
        title: its title.
        x_label: what is written at the axis below.
        y_label: what is written at the axis at the left.
        series: its data, by version in the order of the question, then as the dvc.yaml lists them.
        pictures: of an image, the image of each version.
        notes: what is not as the data or the dvc.yaml has it, in sentences.
    """

    id: str
    kind: Kind
    template: str
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()


class Plots(NamedTuple):
    """The plots of versions.

    Attributes:
        versions: what the versions are called in them, in the order of the question.
        plots: the plots, as the dvc.yaml of the first version lists them.
        problems: what could not be read.
    """

    versions: tuple[str, ...]
    plots: tuple[Plot, ...]
    problems: tuple[Diagnostic, ...] = ()


def overlaid(found: Sequence[Plots]) -> Plots:
    """Return the plots of several versions, one over the other where they have the same id.

    How a plot looks is what the first says that has it.
    """
    plots: dict[str, Plot] = {}
    for it in (plot for one in found for plot in one.plots):
        known = plots.get(it.id)
        plots[it.id] = it if known is None else _over(known, it)
    versions = tuple(version for it in found for version in it.versions)
    return Plots(versions, tuple(plots.values()), tuple(why for it in found for why in it.problems))


def _over(first: Plot, second: Plot) -> Plot:
    return first._replace(
        series=first.series + second.series,
        pictures=first.pictures + second.pictures,
        notes=tuple(dict.fromkeys(first.notes + second.notes)),
    )
